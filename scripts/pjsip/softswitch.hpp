/* What softswitch adds to PJSIP, as Python sees it: a screen in front of the stack, certificates that are
 * renewed while it runs, and name servers. Compiled into the pjsua2 wheel by scripts/build_pjsua2.
 *
 * All of it belongs to the one thread that handles PJSIP's events; nothing is locked. No function that
 * PJSIP calls here runs Python, so a flood costs no interpreter time.
 */
#ifndef SOFTSWITCH_HPP
#define SOFTSWITCH_HPP

#include <string>
#include <vector>

#include "pjsua2/siptypes.hpp"
#include "pjsua2/types.hpp"

namespace pj {

/* What a source that is not allowed has sent since take() was last called. */
struct Stranger {
    std::string address;
    std::string method;    /* of the latest request */
    std::string userAgent; /* of the latest request */
    unsigned requests;     /* all of them, those that were met with silence too */
    unsigned refused;      /* those that got a 403 */
    unsigned calls;        /* INVITEs among the latter */
};

class Screen {
public:
    /* Watch all requests from here on; everybody is a stranger until allow(). `silent`: no 403 for strangers.
     * To be called after libInit(), and again to change `silent`.
     */
    static void start(bool silent) PJSUA2_THROW(Error);

    /* The networks ("192.0.2.0/24", "2001:db8::1") whose requests pass; replaces all earlier ones. */
    static void allow(const StringVector &networks) PJSUA2_THROW(Error);

    /* The addresses that are met with silence, allowed or not; replaces all earlier ones. */
    static void ban(const StringVector &addresses) PJSUA2_THROW(Error);

    /* Strangers and banned sources since the last call, 4,096 at most: the oldest make room. */
    static std::vector<Stranger> take();
};

/* Make the TLS listener of that transport anew, with the certificate and key that `settings` name.
 * Connections that are up stay.
 */
void restartTls(int transportId, const TransportConfig &settings) PJSUA2_THROW(Error);

/* The host that connections to each place ("192.0.2.1:5061") ask for by name; replaces all earlier ones. */
void nameTlsPeers(const StringVector &places, const StringVector &hosts);

/* Ask these servers (addresses, and the port of each) for host names that stand in SIP messages, from here on;
 * without any, such names are not found. Calls go on while an answer is awaited, 10 s at most.
 */
void setNameservers(const StringVector &addresses, const IntVector &ports) PJSUA2_THROW(Error);

} // namespace pj

#endif
