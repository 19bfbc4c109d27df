/* What the parts of the extension share among themselves; not for Python. */
#ifndef SOFTSWITCH_INSIDE_HPP
#define SOFTSWITCH_INSIDE_HPP

#include <pjsip.h>

namespace softswitch {

enum Verdict { PASS, REFUSE, DROP };

/* What is to become of a request of this source, outside of dialogs; counts it unless it passes. */
Verdict judge(const pj_sockaddr *source, const pj_str_t &method, const pj_str_t &user_agent);

/* The status that a request of a known source gets for mistakes which PJSIP overlooks, 0 for none. */
int mistake_of(const pjsip_rx_data *rdata);

/* Whether a request describes a session with audio, none of it where this call's packets can go. */
bool has_audio_out_of_reach(const pjsip_rx_data *rdata);

/* Register the modules that answer what PJSIP would leave unanswered or answer wrongly. */
void start_answering(pjsip_endpoint *endpoint);

/* Answer messages that PJSIP's parser gave up. */
void start_answering_unreadable(pjsip_endpoint *endpoint);

inline pj_str_t text(const char *letters) { return pj_str(const_cast<char *>(letters)); }

} // namespace softswitch

#endif
