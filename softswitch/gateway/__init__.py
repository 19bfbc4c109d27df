"""The gateway process (SIP, RTP, DTMF, the media clock) and control's handle on it."""
