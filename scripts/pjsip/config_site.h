/* PJSIP as softswitch runs it: sized for a node, without devices and video. */
#define PJSUA_MAX_CALLS 1024
#define PJSUA_MAX_ACC 256
#define PJSUA_MAX_PLAYERS 64
#define PJSUA_MAX_CONF_PORTS 4096
#define PJ_IOQUEUE_MAX_HANDLES 8192
#define PJSIP_MAX_TSX_COUNT 65535
#define PJSIP_MAX_DIALOG_COUNT 65535
#define PJ_HAS_IPV6 1
/* A long INVITE would go by TCP first, which a firewall may drop without a word (RFC 3261 section 18.1.1). */
#define PJSIP_DONT_SWITCH_TO_TCP 1
#define PJMEDIA_HAS_VIDEO 0
#define PJ_DEBUG 0
#define PJMEDIA_AUDIO_DEV_HAS_ALSA 0
