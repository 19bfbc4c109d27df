/* The names that TLS connections ask for (RFC 6066 section 3): PJSIP connects to addresses, which name nobody. */
#include <map>
#include <string>

#include <pjlib.h>

#include "softswitch.hpp"

namespace {

std::map<std::string, std::string> names; /* by "192.0.2.1:5061" or "[2001:db8::1]:5061" */

} // namespace

namespace pj {

void nameTlsPeers(const StringVector &places, const StringVector &hosts)
{
    names.clear();
    for (size_t i = 0; i < places.size() && i < hosts.size(); ++i)
        names[places[i]] = hosts[i];
}

} // namespace pj

/* Called by PJSIP's TLS transport, where scripts/build_pjsua2 has it take what this returns. */
extern "C" pj_str_t softswitch_server_name(const pj_sockaddr *peer, pj_str_t otherwise)
{
    char place[PJ_INET6_ADDRSTRLEN + 10];
    const auto found = names.find(pj_sockaddr_print(peer, place, sizeof(place), 3));
    return found == names.end() ? otherwise : pj_str(const_cast<char *>(found->second.c_str()));
}
