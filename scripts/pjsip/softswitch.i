/* Appended to PJSIP's own pjsua2.i: what of the extension Python gets. */
%{
#include "softswitch.hpp"
%}
%include "softswitch.hpp"
%template(StrangerVector) std::vector<pj::Stranger>;
