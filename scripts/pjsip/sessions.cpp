/* Session descriptions that no call here can follow: their audio is at a host name, or in the other version
 * of IP than the signalling. PJSIP would answer some of them with 500.
 */
#include <algorithm>
#include <string>

#include <pjsip.h>

#include "inside.hpp"

namespace softswitch {
namespace {

/* The value of "c=IN IP4 192.0.2.1/127": whether it is an address of this family (RFC 8866 section 5.7). */
bool is_address(const std::string &connection, int family)
{
    const bool v6 = connection.compare(0, 7, "IN IP6 ") == 0;
    if ((!v6 && connection.compare(0, 7, "IN IP4 ") != 0) || v6 != (family == pj_AF_INET6()))
        return false;
    const std::string written = connection.substr(7, connection.find_first_of("/ ", 7) - 7);
    const pj_str_t name = text(written.c_str());
    unsigned char parsed[16];
    return pj_inet_pton(family, &name, parsed) == PJ_SUCCESS;
}

bool is_sdp(const pjsip_msg_body *body)
{
    return body && body->len && pj_stricmp2(&body->content_type.type, "application") == 0 &&
           pj_stricmp2(&body->content_type.subtype, "sdp") == 0;
}

} // namespace

bool has_audio_out_of_reach(const pjsip_rx_data *rdata)
{
    const pjsip_msg_body *body = rdata->msg_info.msg->body;
    if (!is_sdp(body))
        return false;
    const std::string sdp(static_cast<const char *>(body->data), body->len);
    const int family = rdata->pkt_info.src_addr.addr.sa_family;
    bool of_session = false, of_media = false, in_media = false, in_audio = false, any = false, reached = false;
    const auto close = [&] { any |= in_audio, reached |= in_audio && of_media; };
    for (size_t at = 0; at < sdp.size();) {
        const size_t end = std::min(sdp.find('\n', at), sdp.size());
        std::string line = sdp.substr(at, end - at);
        at = end + 1;
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (line.compare(0, 2, "m=") == 0) {
            close();
            in_media = true;
            in_audio = line.compare(0, 8, "m=audio ") == 0 && line.compare(0, 10, "m=audio 0 ") != 0;
            of_media = of_session;
        } else if (line.compare(0, 2, "c=") == 0) {
            (in_media ? of_media : of_session) = is_address(line.substr(2), family);
        }
    }
    close();
    return any && !reached;
}

} // namespace softswitch
