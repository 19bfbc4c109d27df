/* Host names in SIP messages, such as a far end's Contact: PJSIP's own resolver asks for them while everything
 * else goes on. scripts/build_pjsua2 takes the operating system's resolver away from PJSIP: it would let all
 * calls wait for one name.
 */
#include <sys/random.h>

#include <pjlib-util.h>
#include <pjsua-lib/pjsua.h>

#include "softswitch.hpp"

#define THIS_FILE "resolving.cpp"

namespace pj {

void setNameservers(const StringVector &addresses, const IntVector &ports) PJSUA2_THROW(Error)
{
    pj_str_t servers[PJ_DNS_RESOLVER_MAX_NS];
    pj_uint16_t at[PJ_DNS_RESOLVER_MAX_NS];
    unsigned count = 0;
    for (; count < addresses.size() && count < ports.size() && count < PJ_DNS_RESOLVER_MAX_NS; ++count) {
        servers[count] = pj_str(const_cast<char *>(addresses[count].c_str()));
        at[count] = pj_uint16_t(ports[count]);
    }
    if (!count)
        return;
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    pj_dns_resolver *resolver = pjsip_endpt_get_resolver(endpoint);
    if (!resolver) {
        PJSUA2_CHECK_EXPR(pjsip_endpt_create_resolver(endpoint, &resolver));
        pj_dns_settings settings;
        PJSUA2_CHECK_EXPR(pj_dns_resolver_get_settings(resolver, &settings));
        settings.cache_max_ttl = 0; /* what is kept is never thrown away: names would pile up */
        PJSUA2_CHECK_EXPR(pj_dns_resolver_set_settings(resolver, &settings));
        PJSUA2_CHECK_EXPR(pjsip_endpt_set_resolver(endpoint, resolver));
    }
    PJSUA2_CHECK_EXPR(pj_dns_resolver_set_ns(resolver, count, servers, at));
}

} // namespace pj

/* A query's number, where scripts/build_pjsua2 has the resolver take it: PJSIP counts, and so does a forger
 * (RFC 5452 section 9.2).
 */
extern "C" unsigned short softswitch_query_id()
{
    unsigned short number = 0;
    while (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
    }
    return number;
}
