/* Answers that RFC 3261 asks for where PJSIP gives none, or another: section 8.2's inspection of requests
 * outside of calls, OPTIONS within them, and whatever no module took.
 */
#include <cstring>
#include <initializer_list>

#include <pjsip_simple.h>
#include <pjsip_ua.h>

#include "inside.hpp"

namespace softswitch {
namespace {

pjsip_endpoint *endpoint;

const char *const KNOWN_METHODS[] = {"INVITE",  "ACK",    "BYE",       "CANCEL", "OPTIONS", "REGISTER", "PRACK",
                                     "UPDATE",  "INFO",   "SUBSCRIBE", "NOTIFY", "REFER",   "MESSAGE",  "PUBLISH"};
const char *const UNREAD_METHODS[] = {"MESSAGE", "PUBLISH"}; /* PJSIP would take them, for nobody */
const char *const METHODS_OF_CALLS[] = {"BYE", "PRACK", "UPDATE", "INFO", "NOTIFY"};

template <size_t N> bool is_one_of(const pjsip_method &method, const char *const (&names)[N])
{
    for (const char *name : names)
        if (pj_strcmp2(&method.name, name) == 0)
            return true;
    return false;
}

void respond(pjsip_rx_data *rdata, int status, int capability = -1, const pj_str_t *unsupported = NULL)
{
    pjsip_hdr headers;
    pj_list_init(&headers);
    pj_pool_t *pool = rdata->tp_info.pool;
    if (unsupported) {
        const pj_str_t name = text("Unsupported");
        pj_list_push_back(&headers, pjsip_generic_string_hdr_create(pool, &name, unsupported));
    }
    if (status == PJSIP_SC_BAD_EVENT || capability == PJSIP_H_OTHER)
        pj_list_push_back(&headers, pjsip_hdr_clone(pool, pjsip_evsub_get_allow_events_hdr(NULL)));
    for (int type : {int(PJSIP_H_ALLOW), int(PJSIP_H_ACCEPT), int(PJSIP_H_SUPPORTED)}) {
        if (capability != type && capability != PJSIP_H_OTHER)
            continue;
        const pjsip_hdr *found = pjsip_endpt_get_capability(endpoint, type, NULL);
        if (found)
            pj_list_push_back(&headers, pjsip_hdr_clone(pool, found));
    }
    pjsip_endpt_respond_stateless(endpoint, rdata, status, NULL, &headers, NULL);
}

void respond_to_method(pjsip_rx_data *rdata, const pjsip_method &method)
{
    respond(rdata, is_one_of(method, KNOWN_METHODS) ? 405 : 501, PJSIP_H_ALLOW);
}

const pj_str_t *unknown_extension(const pjsip_rx_data *rdata)
{
    const pjsip_require_hdr *require = rdata->msg_info.require;
    for (unsigned i = 0; require && i < require->count; ++i)
        if (!pjsip_endpt_has_capability(endpoint, PJSIP_H_SUPPORTED, NULL, &require->values[i]))
            return &require->values[i];
    return NULL;
}

bool is_in_a_call(const pjsip_rx_data *rdata)
{
    const auto &info = rdata->msg_info;
    return info.to->tag.slen && pjsip_ua_find_dialog(&info.cid->id, &info.to->tag, &info.from->tag, PJ_FALSE);
}

/* INFO in a call: PJSIP answers 500 to all but three bodies. One without a body is a sign of life (RFC 2976
 * section 2.2). A key as application/dtmf is made to look like the form that PJSIP takes; which key it is, is
 * read from the message's text, which stays as it came.
 */
pj_bool_t on_info(pjsip_rx_data *rdata)
{
    static char key[] = "Signal=0\r\nDuration=100\r\n";
    pjsip_msg_body *body = rdata->msg_info.msg->body;
    if (!body || !body->len) {
        respond(rdata, 200);
        return PJ_TRUE;
    }
    pj_str_t &subtype = body->content_type.subtype;
    if (pj_stricmp2(&body->content_type.type, "application") == 0) {
        if (pj_stricmp2(&subtype, "dtmf") == 0) {
            subtype = text("dtmf-relay");
            body->data = key;
            body->len = sizeof key - 1;
        }
        for (const char *known : {"dtmf-relay", "media_control+xml", "trickle-ice-sdpfrag"})
            if (pj_stricmp2(&subtype, known) == 0)
                return PJ_FALSE;
    }
    respond(rdata, 415, PJSIP_H_ACCEPT);
    return PJ_TRUE;
}

/* Outside of calls: there is nothing to subscribe to, and nothing was subscribed to (RFC 6665 sections 4.2.1.1
 * and 4.1.3). PJSIP would tell anybody's presence, and take news of a mailbox.
 */
pj_bool_t on_subscription(pjsip_rx_data *rdata, const pjsip_method &method)
{
    const bool asks = pj_strcmp2(&method.name, "SUBSCRIBE") == 0;
    if (!asks && pj_strcmp2(&method.name, "NOTIFY") != 0)
        return PJ_FALSE;
    respond(rdata, asks ? 489 : 481);
    return PJ_TRUE;
}

/* Before the dialogs: what they would answer with 500, and what section 8.2 wants to be looked at first. */
pj_bool_t on_early_request(pjsip_rx_data *rdata)
{
    const pjsip_method &method = rdata->msg_info.msg->line.req.method;
    if (method.id == PJSIP_INVITE_METHOD || method.id == PJSIP_ACK_METHOD || method.id == PJSIP_CANCEL_METHOD)
        return PJ_FALSE;
    if (!is_one_of(method, KNOWN_METHODS) || is_one_of(method, UNREAD_METHODS)) {
        respond_to_method(rdata, method);
        return PJ_TRUE;
    }
    const pj_str_t *unknown = unknown_extension(rdata);
    if (unknown) {
        respond(rdata, 420, -1, unknown);
        return PJ_TRUE;
    }
    if (!is_in_a_call(rdata))
        return on_subscription(rdata, method);
    if (pj_strcmp2(&method.name, "INFO") == 0)
        return on_info(rdata);
    if (method.id != PJSIP_OPTIONS_METHOD)
        return PJ_FALSE;
    respond(rdata, 200, PJSIP_H_OTHER);
    return PJ_TRUE;
}

pj_bool_t on_late_request(pjsip_rx_data *rdata)
{
    const pjsip_method &method = rdata->msg_info.msg->line.req.method;
    if (method.id == PJSIP_ACK_METHOD)
        return PJ_FALSE;
    if (is_one_of(method, METHODS_OF_CALLS))
        respond(rdata, 481);
    else if (pj_strcmp2(&method.name, "REFER") == 0) /* outside of a call there is nobody to transfer */
        respond(rdata, 403);
    else
        respond_to_method(rdata, method);
    return PJ_TRUE;
}

pjsip_module early = {
    NULL, NULL,                             /* prev, next */
    {const_cast<char *>("mod-answer-early"), 16}, /* name */
    -1,                                     /* id */
    PJSIP_MOD_PRIORITY_UA_PROXY_LAYER - 1,  /* after transactions, before dialogs */
    NULL, NULL, NULL, NULL,                 /* load, start, stop, unload */
    &on_early_request, NULL,
    NULL, NULL, NULL,                       /* on_tx_request, on_tx_response, on_tsx_state */
};

pjsip_module late = {
    NULL, NULL,                             /* prev, next */
    {const_cast<char *>("mod-answer-late"), 15}, /* name */
    -1,                                     /* id */
    PJSIP_MOD_PRIORITY_APPLICATION + 32,    /* after everything else */
    NULL, NULL, NULL, NULL,                 /* load, start, stop, unload */
    &on_late_request, NULL,
    NULL, NULL, NULL,                       /* on_tx_request, on_tx_response, on_tsx_state */
};

/* RFC 3261 section 7.3.1: headers that a message has once. */
bool has_one_of_each(const pjsip_msg *message)
{
    unsigned from = 0, to = 0, call_id = 0, cseq = 0, type = 0, length = 0, hops = 0;
    for (const pjsip_hdr *header = message->hdr.next; header != &message->hdr; header = header->next) {
        switch (header->type) {
        case PJSIP_H_FROM: ++from; break;
        case PJSIP_H_TO: ++to; break;
        case PJSIP_H_CALL_ID: ++call_id; break;
        case PJSIP_H_CSEQ: ++cseq; break;
        case PJSIP_H_CONTENT_TYPE: ++type; break;
        case PJSIP_H_CONTENT_LENGTH: ++length; break;
        case PJSIP_H_MAX_FORWARDS: ++hops; break;
        default: break;
        }
    }
    return from == 1 && to == 1 && call_id == 1 && cseq == 1 && type <= 1 && length <= 1 && hops <= 1;
}

/* RFC 3261 section 18.3: a datagram that ends before its body does. */
bool is_cut_short(const pjsip_rx_data *rdata)
{
    if (!(rdata->tp_info.transport->flag & PJSIP_TRANSPORT_DATAGRAM) || !rdata->msg_info.clen)
        return false;
    const char *message = rdata->msg_info.msg_buf;
    const char *end = message + rdata->msg_info.len;
    for (const char *at = message; at + 1 < end; ++at) {
        if (at[0] != '\n')
            continue;
        const char *body = at[1] == '\n' ? at + 2 : at + 2 < end && at[1] == '\r' && at[2] == '\n' ? at + 3 : NULL;
        if (body)
            return rdata->msg_info.clen->len > end - body;
    }
    return rdata->msg_info.clen->len > 0;
}

bool is_a_scheme_of_ours(const pjsip_uri *uri)
{
    for (const char *scheme : {"sip", "sips", "tel"})
        if (pj_stricmp2(pjsip_uri_get_scheme(uri), scheme) == 0)
            return true;
    return false;
}

/* RFC 3261 section 21.4.7: the answer to an INVITE describes a session in SDP, or there is none. */
bool may_be_answered_in_sdp(const pjsip_msg *message)
{
    const void *found = pjsip_msg_find_hdr(message, PJSIP_H_ACCEPT, NULL);
    if (!found)
        return true;
    const pjsip_accept_hdr *accept = (const pjsip_accept_hdr *)found;
    for (unsigned i = 0; i < accept->count; ++i)
        for (const char *type : {"application/sdp", "application/*", "*/*"})
            if (pj_strnicmp2(&accept->values[i], type, std::strlen(type)) == 0)
                return true;
    return false;
}

/* PJSIP's modules name all that they know. What nobody here reads is neither allowed nor accepted (RFC 3261
 * sections 20.1 and 20.5), and only the outcome of a REFER can be subscribed to (RFC 3515 section 2.4.4).
 */
void leave_out(const void *found, std::initializer_list<const char *> names)
{
    auto *header = const_cast<pjsip_generic_array_hdr *>(static_cast<const pjsip_generic_array_hdr *>(found));
    unsigned kept = 0;
    for (unsigned i = 0; header && i < header->count; ++i) {
        bool out = false;
        for (const char *name : names)
            out |= pj_stricmp2(&header->values[i], name) == 0;
        if (!out)
            header->values[kept++] = header->values[i];
    }
    if (header)
        header->count = kept;
}

void claim_only_what_is_read()
{
    leave_out(pjsip_endpt_get_capability(endpoint, PJSIP_H_ALLOW, NULL), {"MESSAGE", "PUBLISH"});
    leave_out(pjsip_endpt_get_capability(endpoint, PJSIP_H_ACCEPT, NULL),
              {"application/pidf+xml", "application/xpidf+xml", "application/dialog-info+xml",
               "application/simple-message-summary", "application/im-iscomposing+xml", "text/plain"});
    leave_out(pjsip_evsub_get_allow_events_hdr(NULL), {"presence", "dialog", "message-summary"});
}

} // namespace

int mistake_of(const pjsip_rx_data *rdata)
{
    const pjsip_msg *message = rdata->msg_info.msg;
    const pjsip_request_line &line = message->line.req;
    if (pj_strcmp(&rdata->msg_info.cseq->method.name, &line.method.name) != 0)
        return 400;
    if (!has_one_of_each(message) || is_cut_short(rdata))
        return 400;
    if (!is_a_scheme_of_ours(line.uri))
        return 416;
    if (line.method.id == PJSIP_INVITE_METHOD && !may_be_answered_in_sdp(message))
        return 406;
    return has_audio_out_of_reach(rdata) ? 488 : 0;
}

void start_answering(pjsip_endpoint *endpoint_)
{
    endpoint = endpoint_;
    claim_only_what_is_read();
    pjsip_endpt_register_module(endpoint, &early);
    pjsip_endpt_register_module(endpoint, &late);
}

} // namespace softswitch
