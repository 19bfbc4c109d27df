/* Requests that PJSIP's parser gives up: 400, 505 for another version of SIP, 416 for an address that is not
 * SIP's, made from their own lines (RFC 3261 section 8.2.6, RFC 4475 section 3.1.2). PJSIP itself drops them.
 */
#include <cctype>
#include <cstddef>
#include <cstring>
#include <string>

#include <pjsip.h>

#include "inside.hpp"

namespace softswitch {
namespace {

pjsip_endpoint *endpoint;
const unsigned MOST_LINE_ENDS = 64; /* before a message in its packet */

struct Request {
    std::string method, uri, version;
    std::string headers; /* those that a response repeats */
    bool has_via = false;
};

bool is(const std::string &name, const char *full, const char *compact)
{
    pj_str_t given = {const_cast<char *>(name.data()), pj_ssize_t(name.size())};
    return pj_stricmp2(&given, full) == 0 || (*compact && pj_stricmp2(&given, compact) == 0);
}

/* One header with its continuation lines, at `at`; moves `at` behind it. */
std::string next_header(const std::string &message, size_t &at)
{
    const size_t start = at;
    do {
        const size_t end = message.find('\n', at);
        at = end == std::string::npos ? message.size() : end + 1;
    } while (at < message.size() && (message[at] == ' ' || message[at] == '\t'));
    size_t end = at;
    while (end > start && (message[end - 1] == '\n' || message[end - 1] == '\r'))
        --end;
    return message.substr(start, end - start);
}

void add_header(Request &request, const std::string &header)
{
    size_t end = header.find(':');
    if (end == std::string::npos)
        return;
    while (end > 0 && (header[end - 1] == ' ' || header[end - 1] == '\t'))
        --end;
    const std::string name = header.substr(0, end);
    const bool via = is(name, "Via", "v"), to = is(name, "To", "t");
    if (!via && !to && !is(name, "From", "f") && !is(name, "Call-ID", "i") && !is(name, "CSeq", ""))
        return;
    request.has_via |= via;
    request.headers += header;
    if (to && header.find(";tag=") == std::string::npos) /* section 8.2.6.2 */
        request.headers += ";tag=unreadable";
    request.headers += "\r\n";
}

/* False when it does not even begin like a request. */
bool read(const std::string &message, Request &request)
{
    size_t at = 0;
    const std::string line = next_header(message, at);
    const size_t first = line.find(' '), last = line.rfind(' ');
    if (first == std::string::npos || first == last || first == 0)
        return false;
    request.method = line.substr(0, first);
    request.uri = line.substr(first + 1, last - first - 1);
    request.version = line.substr(last + 1);
    for (char letter : request.method)
        if (!std::isalnum((unsigned char)letter) && !std::strchr("-.!%*_+`'~", letter))
            return false;
    if (request.version.compare(0, 4, "SIP/") != 0)
        return false;
    while (at < message.size()) {
        const std::string header = next_header(message, at);
        if (header.empty())
            break;
        add_header(request, header);
    }
    return request.has_via;
}

/* The buffer that a datagram lies in, found from the datagram itself: the callback is not told the source. */
const pjsip_rx_data *buffer_of(const pjsip_tp_dropped_data *dropped)
{
    const char *packet = static_cast<const char *>(dropped->data);
    for (unsigned back = 0; back <= MOST_LINE_ENDS; ++back, --packet) {
        const auto *buffer =
            reinterpret_cast<const pjsip_rx_data *>(packet - offsetof(pjsip_rx_data, pkt_info.packet));
        if (buffer->tp_info.transport == dropped->tp)
            return buffer;
        if (packet[-1] != '\r' && packet[-1] != '\n')
            break;
    }
    return NULL;
}

const pj_sockaddr *source_of(const pjsip_tp_dropped_data *dropped)
{
    if (!(dropped->tp->flag & PJSIP_TRANSPORT_DATAGRAM))
        return &dropped->tp->key.rem_addr;
    const pjsip_rx_data *buffer = buffer_of(dropped);
    return buffer ? &buffer->pkt_info.src_addr : NULL;
}

const char *status_of(const Request &request)
{
    if (request.version != "SIP/2.0")
        return "505 Version Not Supported";
    const size_t colon = request.uri.find(':');
    const std::string scheme = request.uri.substr(0, colon);
    const bool is_ours = is(scheme, "sip", "sips") || is(scheme, "tel", "");
    const bool is_scheme = scheme.find_first_of(" <>@/;?") == std::string::npos;
    return colon != std::string::npos && is_scheme && !is_ours ? "416 Unsupported URI Scheme" : "400 Bad Request";
}

void send(pjsip_transport *transport, const pj_sockaddr *destination, const std::string &response)
{
    pjsip_tpselector selector;
    pj_bzero(&selector, sizeof(selector));
    selector.type = PJSIP_TPSELECTOR_TRANSPORT;
    selector.u.transport = transport;
    pjsip_tpmgr_send_raw(pjsip_endpt_get_tpmgr(endpoint), pjsip_transport_type_e(transport->key.type), &selector,
                         NULL, response.data(), response.size(), destination,
                         pj_sockaddr_get_len(destination), NULL, NULL);
}

void on_dropped(pjsip_tp_dropped_data *dropped)
{
    if (dropped->status != PJSIP_EINVALIDMSG && dropped->status != PJSIP_EMISSINGHDR &&
        dropped->status != PJSIP_EINVALIDHDR)
        return;
    const pj_sockaddr *source = dropped->data ? source_of(dropped) : NULL;
    if (!source)
        return;
    Request request;
    const std::string message(static_cast<const char *>(dropped->data), dropped->len);
    const bool readable = read(message, request);
    const pj_str_t method = text(readable ? request.method.c_str() : "");
    const Verdict verdict = judge(source, method, text(""));
    if (verdict == DROP || !readable || request.method == "ACK")
        return;
    const std::string status = verdict == REFUSE ? "403 Forbidden" : status_of(request);
    send(dropped->tp, source, "SIP/2.0 " + status + "\r\n" + request.headers + "Content-Length: 0\r\n\r\n");
}

} // namespace

void start_answering_unreadable(pjsip_endpoint *endpoint_)
{
    endpoint = endpoint_;
    pjsip_tpmgr_set_drop_data_cb(pjsip_endpt_get_tpmgr(endpoint), &on_dropped);
}

} // namespace softswitch
