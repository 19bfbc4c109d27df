/* The screen: a module between the transports and the transactions that knows who may speak to this node. */
#include "softswitch.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include <pjsip_ua.h>
#include <pjsua-lib/pjsua.h>

#include "inside.hpp"

#define THIS_FILE "screen.cpp"

namespace softswitch {
namespace {

using pj::Error;
using std::string;

const size_t MOST_STRANGERS = 4096;
const size_t MOST_LETTERS = 80; /* of a method or User-Agent that is kept */

typedef std::array<unsigned char, 16> Address; /* IPv4 as ::ffff:a.b.c.d */

struct Network {
    Address address;
    unsigned bits;

    bool has(const Address &other) const
    {
        const unsigned whole = bits / 8, rest = bits % 8;
        if (std::memcmp(address.data(), other.data(), whole) != 0)
            return false;
        return rest == 0 || ((address[whole] ^ other[whole]) >> (8 - rest)) == 0;
    }
};

struct Hash {
    size_t operator()(const Address &address) const
    {
        size_t hash = 14695981039346656037ULL; /* FNV-1a */
        for (unsigned char byte : address)
            hash = (hash ^ byte) * 1099511628211ULL;
        return hash;
    }
};

struct Entry {
    Address address;
    pj::Stranger stranger;
};

bool silent;
pjsip_endpoint *endpoint;
std::vector<Network> allowed;
std::unordered_set<Address, Hash> banned;
std::vector<Entry> strangers;
std::unordered_map<Address, size_t, Hash> places; /* of the strangers, by address */
size_t oldest;

Address address_of(const pj_sockaddr *source)
{
    Address address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
    if (source->addr.sa_family == pj_AF_INET6())
        std::memcpy(address.data(), &source->ipv6.sin6_addr, 16);
    else
        std::memcpy(address.data() + 12, &source->ipv4.sin_addr, 4);
    return address;
}

std::string name_of(const pj_sockaddr *source)
{
    char name[PJ_INET6_ADDRSTRLEN];
    return pj_sockaddr_print(source, name, sizeof(name), 0) ? name : "";
}

Network network_of(const std::string &written)
{
    const size_t slash = written.find('/');
    const std::string host = written.substr(0, slash);
    const bool v6 = host.find(':') != std::string::npos;
    pj_sockaddr parsed;
    pj_str_t name = text(host.c_str());
    pj_status_t status = pj_sockaddr_init(v6 ? pj_AF_INET6() : pj_AF_INET(), &parsed, NULL, 0);
    if (status == PJ_SUCCESS)
        status = pj_inet_pton(parsed.addr.sa_family, &name, pj_sockaddr_get_addr(&parsed));
    if (status != PJ_SUCCESS)
        PJSUA2_RAISE_ERROR2(status, "Screen");
    unsigned bits = v6 ? 128 : 32;
    if (slash != std::string::npos)
        bits = std::min<unsigned long>(bits, std::strtoul(written.c_str() + slash + 1, NULL, 10));
    Network network = {address_of(&parsed), v6 ? bits : bits + 96};
    return network;
}

std::string kept(const pj_str_t &letters)
{
    std::string copy(letters.ptr, std::min<size_t>(std::max<pj_ssize_t>(letters.slen, 0), MOST_LETTERS));
    for (char &letter : copy) /* Python takes it for UTF-8 */
        if (letter < ' ' || letter > '~')
            letter = '?';
    return copy;
}

pj::Stranger &place_of(const Address &address, const pj_sockaddr *source)
{
    const auto known = places.find(address);
    if (known != places.end())
        return strangers[known->second].stranger;
    size_t place = strangers.size();
    if (place < MOST_STRANGERS) {
        strangers.emplace_back();
    } else {
        place = oldest;
        oldest = (oldest + 1) % MOST_STRANGERS;
        places.erase(strangers[place].address);
    }
    places[address] = place;
    strangers[place].address = address;
    strangers[place].stranger = pj::Stranger{name_of(source), "", "", 0, 0, 0};
    return strangers[place].stranger;
}

/* A request within a call passes whatever hop it came by: its tags are known to nobody else. */
bool is_in_dialog(const pjsip_rx_data *rdata)
{
    const auto &info = rdata->msg_info;
    return info.to->tag.slen && pjsip_ua_find_dialog(&info.cid->id, &info.to->tag, &info.from->tag, PJ_FALSE);
}

pj_str_t user_agent_of(const pjsip_msg *message)
{
    const pj_str_t name = text("User-Agent");
    const void *found = pjsip_msg_find_hdr_by_name(message, &name, NULL);
    return found ? ((const pjsip_generic_string_hdr *)found)->hvalue : text("");
}

/* Who is met with silence holds no connection either. */
void hang_up(pjsip_transport *transport)
{
    if (!(transport->flag & PJSIP_TRANSPORT_DATAGRAM))
        pjsip_transport_shutdown(transport);
}

/* RFC 3261 section 13.3.1.3: 488 says in Warning what is wrong with the offer (codes in section 20.43). */
void refuse(pjsip_rx_data *rdata, int status)
{
    pjsip_hdr headers;
    pj_list_init(&headers);
    if (status == 488) {
        const pj_str_t agent = text("softswitch"), told = text("Incompatible network address formats");
        pj_list_push_back(&headers, pjsip_warning_hdr_create(rdata->tp_info.pool, 301, &agent, &told));
    }
    pjsip_endpt_respond_stateless(endpoint, rdata, status, NULL, &headers, NULL);
}

pj_bool_t on_request(pjsip_rx_data *rdata)
{
    const pjsip_msg *message = rdata->msg_info.msg;
    const pjsip_method &method = message->line.req.method;
    Verdict verdict = PASS;
    if (!is_in_dialog(rdata))
        verdict = judge(&rdata->pkt_info.src_addr, method.name, user_agent_of(message));
    const int status = verdict == REFUSE ? 403 : verdict == PASS ? mistake_of(rdata) : 0;
    if (status && method.id != PJSIP_ACK_METHOD)
        refuse(rdata, status);
    if (verdict == DROP && method.id != PJSIP_ACK_METHOD)
        hang_up(rdata->tp_info.transport);
    return verdict != PASS || status;
}

pj_bool_t on_response(pjsip_rx_data *rdata)
{
    return !banned.empty() && banned.count(address_of(&rdata->pkt_info.src_addr));
}

pjsip_module screen = {
    NULL, NULL,                            /* prev, next */
    {const_cast<char *>("mod-screen"), 10}, /* name */
    -1,                                    /* id */
    PJSIP_MOD_PRIORITY_TRANSPORT_LAYER + 1, /* before transactions */
    NULL, NULL, NULL, NULL,                /* load, start, stop, unload */
    &on_request, &on_response,
    NULL, NULL, NULL,                      /* on_tx_request, on_tx_response, on_tsx_state */
};

} // namespace

Verdict judge(const pj_sockaddr *source, const pj_str_t &method, const pj_str_t &user_agent)
{
    const Address address = address_of(source);
    const bool is_banned = !banned.empty() && banned.count(address);
    if (!is_banned)
        for (const Network &network : allowed)
            if (network.has(address))
                return PASS;
    const bool refuse = !is_banned && !silent && pj_strcmp2(&method, "ACK") != 0;
    pj::Stranger &stranger = place_of(address, source);
    stranger.method = kept(method);
    stranger.userAgent = kept(user_agent);
    stranger.requests += 1;
    stranger.refused += refuse;
    stranger.calls += refuse && pj_strcmp2(&method, "INVITE") == 0;
    return refuse ? REFUSE : DROP;
}

} // namespace softswitch

namespace pj {

using namespace softswitch;

void Screen::start(bool silent_) PJSUA2_THROW(Error)
{
    silent = silent_;
    if (screen.id >= 0)
        return;
    endpoint = pjsua_get_pjsip_endpt();
    PJSUA2_CHECK_EXPR(pjsip_endpt_register_module(endpoint, &screen));
    start_answering(endpoint);
    start_answering_unreadable(endpoint);
}

void Screen::allow(const StringVector &networks) PJSUA2_THROW(Error)
{
    std::vector<Network> read;
    for (const std::string &network : networks)
        read.push_back(network_of(network));
    allowed.swap(read);
}

void Screen::ban(const StringVector &addresses) PJSUA2_THROW(Error)
{
    std::unordered_set<Address, Hash> read;
    for (const std::string &address : addresses)
        read.insert(network_of(address).address);
    banned.swap(read);
}

std::vector<Stranger> Screen::take()
{
    std::vector<Stranger> taken;
    for (const Entry &entry : strangers)
        taken.push_back(entry.stranger);
    strangers.clear();
    places.clear();
    oldest = 0;
    return taken;
}

} // namespace pj
