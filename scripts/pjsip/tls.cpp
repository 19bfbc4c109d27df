/* A renewed certificate without a restart. */
#include <pjsua-lib/pjsua.h>

#include "softswitch.hpp"

#define THIS_FILE "tls.cpp"

namespace pj {

void restartTls(int transportId, const TransportConfig &settings) PJSUA2_THROW(Error)
{
    pjsua_transport_config wanted = settings.toPj();
    PJSUA2_CHECK_EXPR(pjsua_transport_lis_restart(transportId, &wanted));
}

} // namespace pj
