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
pjsip_rx_data *buffer_of(const pjsip_tp_dropped_data *dropped)
{
    if (!(dropped->tp->flag & PJSIP_TRANSPORT_DATAGRAM))
        return NULL;
    char *packet = static_cast<char *>(dropped->data);
    for (unsigned back = 0; back <= MOST_LINE_ENDS; ++back, --packet) {
        auto *buffer = reinterpret_cast<pjsip_rx_data *>(packet - offsetof(pjsip_rx_data, pkt_info.packet));
        if (buffer->tp_info.transport == dropped->tp)
            return buffer;
        if (packet[-1] != '\r' && packet[-1] != '\n')
            break;
    }
    return NULL;
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

/* Nobody authenticates here: credentials of a kind that PJSIP cannot read are no flaw of a request. */
bool is_readable_but_for_credentials(const pjsip_rx_data *buffer)
{
    const auto &info = buffer->msg_info;
    if (!info.msg || info.msg->type != PJSIP_REQUEST_MSG)
        return false;
    if (!info.cid || !info.from || !info.to || !info.via || !info.cseq || pj_list_empty(&info.parse_err))
        return false;
    for (const pjsip_parser_err_report *error = info.parse_err.next; error != &info.parse_err; error = error->next)
        if (pj_stricmp2(&error->hname, "Authorization") && pj_stricmp2(&error->hname, "Proxy-Authorization"))
            return false;
    return true;
}

/* What PJSIP does with a request that it could read: the end of pjsip_tpmgr_receive_packet(). */
void take_up(pjsip_rx_data *buffer)
{
    pjsip_via_hdr *via = buffer->msg_info.via;
    pj_strdup2(buffer->tp_info.pool, &via->recvd_param, buffer->pkt_info.src_name);
    if (via->rport_param == 0)
        via->rport_param = buffer->pkt_info.src_port;
    pjsip_endpt_process_rx_data(endpoint, buffer, NULL, NULL);
    pj_bzero(&buffer->endpt_info, sizeof(buffer->endpt_info));
}

void on_dropped(pjsip_tp_dropped_data *dropped)
{
    if (dropped->status != PJSIP_EINVALIDMSG && dropped->status != PJSIP_EMISSINGHDR &&
        dropped->status != PJSIP_EINVALIDHDR)
        return;
    if (!dropped->data)
        return;
    pjsip_rx_data *buffer = buffer_of(dropped);
    if (buffer && is_readable_but_for_credentials(buffer)) {
        take_up(buffer);
        return;
    }
    const bool has_connection = !(dropped->tp->flag & PJSIP_TRANSPORT_DATAGRAM);
    const pj_sockaddr *source = has_connection ? &dropped->tp->key.rem_addr : buffer ? &buffer->pkt_info.src_addr : NULL;
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
