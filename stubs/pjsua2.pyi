"""Types of the parts of pjsua2 (PJSIP 2.17, SWIG) that the gateway room uses.

Made from the SWIG module's signatures and the types of PJSIP's C++ headers; enumerations are ints.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Any, Generic, TypeVar

_pjsua2: ModuleType

T = TypeVar("T")

class _Vector(Generic[T]):
    def __init__(self, *args: Any) -> None: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> T: ...
    def __setitem__(self, index: int, value: T) -> None: ...
    def __iter__(self) -> Iterator[T]: ...
    def append(self, x: T) -> None: ...
    def push_back(self, x: T) -> None: ...
    def clear(self) -> None: ...
    def resize(self, new_size: int) -> None: ...
    def size(self) -> int: ...

class Error(Exception):
    status: int
    title: str
    reason: str
    srcFile: str
    srcLine: int
    def info(self, multi_line: bool = ...) -> str: ...

class Endpoint:
    @staticmethod
    def instance() -> Endpoint: ...
    def __init__(self) -> None: ...
    def libVersion(self) -> Version: ...
    def libCreate(self) -> None: ...
    def libGetState(self) -> int: ...
    def libInit(self, prmEpConfig: EpConfig) -> None: ...
    def libStart(self) -> None: ...
    def libRegisterThread(self, name: str) -> None: ...
    def libIsThreadRegistered(self) -> bool: ...
    def libStopWorkerThreads(self) -> None: ...
    def libHandleEvents(self, msec_timeout: int) -> int: ...
    def libDestroy(self, prmFlags: int = ...) -> None: ...
    def libGetSipIoqueueHandle(self) -> int: ...
    def utilStrError(self, prmErr: int) -> str: ...
    def utilLogWrite(self, prmLevel: int, prmSender: str, prmMsg: str) -> None: ...
    def utilVerifySipUri(self, prmUri: str) -> int: ...
    def utilVerifyUri(self, prmUri: str) -> int: ...
    def utilTimerSchedule(self, prmMsecDelay: int, prmUserData: int) -> int: ...
    def utilTimerCancel(self, prmToken: int) -> None: ...
    def natGetType(self) -> int: ...
    def transportCreate(self, type: int, cfg: TransportConfig) -> int: ...
    def transportEnum(self) -> IntVector: ...
    def transportGetInfo(self, id: int) -> TransportInfo: ...
    def transportClose(self, id: int) -> None: ...
    def transportShutdown(self, tp: int) -> None: ...
    def hangupAllCalls(self) -> None: ...
    def mediaAdd(self, media: AudioMedia) -> None: ...
    def mediaRemove(self, media: AudioMedia) -> None: ...
    def mediaExists(self, media: AudioMedia) -> bool: ...
    def mediaMaxPorts(self) -> int: ...
    def mediaActivePorts(self) -> int: ...
    def mediaEnumPorts2(self) -> AudioMediaVector2: ...
    def audDevManager(self) -> AudDevManager: ...
    def codecEnum2(self) -> CodecInfoVector2: ...
    def codecSetPriority(self, codec_id: str, priority: int) -> None: ...
    def codecGetParam(self, codec_id: str) -> CodecParam: ...
    def codecSetParam(self, codec_id: str, param: CodecParam) -> None: ...
    def getCodecOpusConfig(self) -> Any: ...
    def setCodecOpusConfig(self, opus_cfg: Any) -> None: ...
    def srtpCryptoEnum(self) -> StringVector: ...
    def onTransportState(self, prm: OnTransportStateParam) -> None: ...
    def onSelectAccount(self, prm: OnSelectAccountParam) -> None: ...
    def onTimer(self, prm: OnTimerParam) -> None: ...
    def onIpChangeProgress(self, prm: Any) -> None: ...

class EpConfig:
    uaConfig: UaConfig
    logConfig: LogConfig
    medConfig: MediaConfig
    def __init__(self) -> None: ...

class UaConfig:
    maxCalls: int
    threadCnt: int
    mainThreadOnly: bool
    nameserver: StringVector
    outboundProxies: StringVector
    userAgent: str
    natTypeInSdp: int
    mwiUnsolicitedEnabled: bool
    noRefersub: bool
    def __init__(self) -> None: ...

class MediaConfig:
    clockRate: int
    sndClockRate: int
    sndUseSwClock: bool
    channelCount: int
    audioFramePtime: int
    maxMediaPorts: int
    confThreads: int
    hasIoqueue: bool
    threadCnt: int
    quality: int
    ptime: int
    noVad: bool
    ilbcMode: int
    txDropPct: int
    rxDropPct: int
    ecOptions: int
    ecTailLen: int
    jbInit: int
    jbMinPre: int
    jbMaxPre: int
    jbMax: int
    jbDiscardAlgo: int
    def __init__(self) -> None: ...

class LogConfig:
    msgLogging: int
    level: int
    consoleLevel: int
    decor: int
    filename: str
    fileFlags: int
    writer: LogWriter
    def __init__(self) -> None: ...

class LogEntry:
    level: int
    msg: str
    threadId: int
    threadName: str
    def __init__(self) -> None: ...

class LogWriter:
    def write(self, entry: LogEntry) -> None: ...
    def __init__(self) -> None: ...

class TransportConfig:
    port: int
    portRange: int
    randomizePort: bool
    publicAddress: str
    boundAddress: str
    tlsConfig: TlsConfig
    qosType: int
    qosParams: Any
    sockOptParams: Any
    def __init__(self) -> None: ...

class TransportInfo:
    id: int
    type: int
    typeName: str
    info: str
    flags: int
    localAddress: str
    localName: str
    usageCount: int
    def __init__(self) -> None: ...

class TlsConfig:
    CaListFile: str
    certFile: str
    privKeyFile: str
    password: str
    CaBuf: str
    certBuf: str
    privKeyBuf: str
    certLookupType: int
    certLookupKeyword: str
    credDirectType: int
    privKeyDirect: int
    certDirect: int
    method: int
    proto: int
    ciphers: IntVector
    verifyServer: bool
    verifyClient: bool
    requireClientCert: bool
    msecTimeout: int
    qosType: int
    qosParams: Any
    qosIgnoreError: bool
    sockOptParams: Any
    sockOptIgnoreError: bool
    enableRenegotiation: bool
    def __init__(self) -> None: ...

class Account:
    def __init__(self) -> None: ...
    def create(self, cfg: AccountConfig, make_default: bool = ...) -> None: ...
    def shutdown(self) -> None: ...
    def shutdown2(self, prm: AccountShutdownParam) -> None: ...
    def modify(self, cfg: AccountConfig) -> None: ...
    def isValid(self) -> bool: ...
    def setDefault(self) -> None: ...
    def isDefault(self) -> bool: ...
    def getId(self) -> int: ...
    @staticmethod
    def lookup(acc_id: int) -> Account: ...
    def getInfo(self) -> AccountInfo: ...
    def sendRequest(self, prm: SendRequestParam) -> None: ...
    def sendResponse(self, prm: Any) -> None: ...
    def setRegistration(self, renew: bool) -> None: ...
    def setTransport(self, tp_id: int) -> None: ...
    def onIncomingCall(self, prm: OnIncomingCallParam) -> None: ...
    def onRegStarted(self, prm: OnRegStartedParam) -> None: ...
    def onRegState(self, prm: OnRegStateParam) -> None: ...
    def onSendRequest(self, prm: OnSendRequestParam) -> None: ...

class AccountShutdownParam:
    force: bool
    def __init__(self) -> None: ...

class AccountConfig:
    priority: int
    idUri: str
    regConfig: AccountRegConfig
    sipConfig: AccountSipConfig
    callConfig: AccountCallConfig
    mwiConfig: Any
    natConfig: AccountNatConfig
    mediaConfig: AccountMediaConfig
    def __init__(self) -> None: ...

class AccountRegConfig:
    registrarUri: str
    registerOnAdd: bool
    disableRegOnModify: bool
    headers: SipHeaderVector
    contactParams: str
    contactUriParams: str
    timeoutSec: int
    retryIntervalSec: int
    firstRetryIntervalSec: int
    randomRetryIntervalSec: int
    delayBeforeRefreshSec: int
    dropCallsOnFail: bool
    unregWaitMsec: int
    proxyUse: int
    def __init__(self) -> None: ...

class AccountSipConfig:
    authCreds: AuthCredInfoVector
    proxies: StringVector
    contactForced: str
    contactParams: str
    contactUriParams: str
    authInitialEmpty: bool
    authInitialAlgorithm: str
    transportId: int
    ipv6Use: int
    useSharedAuth: bool
    autoRespondSipMessage: bool
    def __init__(self) -> None: ...

class AccountCallConfig:
    holdType: int
    prackUse: int
    timerUse: int
    siprecUse: int
    timerMinSESec: int
    timerSessExpiresSec: int
    def __init__(self) -> None: ...

class AccountMediaConfig:
    transportConfig: TransportConfig
    lockCodecEnabled: bool
    streamKaEnabled: bool
    srtpUse: int
    srtpSecureSignaling: int
    srtpOpt: SrtpOpt
    ipv6Use: int
    rtcpMuxEnabled: bool
    rtcpFbConfig: RtcpFbConfig
    rtcpXrEnabled: bool
    useLoopMedTp: bool
    enableLoopback: bool
    def __init__(self) -> None: ...

class AccountNatConfig:
    contactRewriteUse: int
    contactRewriteMethod: int
    contactUseSrcPort: int
    viaRewriteUse: int
    sdpNatRewriteUse: int
    sipOutboundUse: int
    sipOutboundInstanceId: str
    sipOutboundRegId: str
    udpKaIntervalSec: int
    udpKaData: str
    def __init__(self) -> None: ...

class AccountInfo:
    id: int
    isDefault: bool
    uri: str
    regIsConfigured: bool
    regIsActive: bool
    regExpiresSec: int
    regStatus: int
    regLastErr: int
    def __init__(self) -> None: ...

class AuthCredInfo:
    scheme: str
    realm: str
    username: str
    dataType: int
    data: str
    algoType: int
    def __init__(self, param_scheme: str = ..., param_realm: str = ..., param_user_name: str = ..., param_data_type: int = ..., param_data: str = ...) -> None: ...

class AuthCredInfoVector(_Vector[AuthCredInfo]):
    pass

class SrtpOpt:
    cryptos: Any
    keyings: IntVector
    def __init__(self) -> None: ...

class Call:
    def __init__(self, acc: Account, call_id: int = ...) -> None: ...
    def getInfo(self) -> CallInfo: ...
    def isActive(self) -> bool: ...
    def getId(self) -> int: ...
    @staticmethod
    def lookup(call_id: int) -> Call: ...
    def hasMedia(self) -> bool: ...
    def getMedia(self, med_idx: int) -> Media: ...
    def getAudioMedia(self, med_idx: int) -> AudioMedia: ...
    def remoteHasCap(self, htype: int, hname: str, token: str) -> int: ...
    def setUserData(self, user_data: int) -> None: ...
    def getUserData(self) -> int: ...
    def getRemNatType(self) -> int: ...
    def makeCall(self, dst_uri: str, prm: CallOpParam) -> None: ...
    def answer(self, prm: CallOpParam) -> None: ...
    def hangup(self, prm: CallOpParam) -> None: ...
    def setHold(self, prm: CallOpParam) -> None: ...
    def reinvite(self, prm: CallOpParam) -> None: ...
    def update(self, prm: CallOpParam) -> None: ...
    def xfer(self, dest: str, prm: CallOpParam) -> None: ...
    def xferReplaces(self, dest_call: Call, prm: CallOpParam) -> None: ...
    def processRedirect(self, cmd: int) -> None: ...
    def dialDtmf(self, digits: str) -> None: ...
    def sendDtmf(self, param: CallSendDtmfParam) -> None: ...
    def sendRequest(self, prm: CallSendRequestParam) -> None: ...
    def dump(self, with_media: bool, indent: str) -> str: ...
    def audStreamModifyCodecParam(self, med_idx: int, param: CodecParam) -> None: ...
    def getStreamInfo(self, med_idx: int) -> StreamInfo: ...
    def getStreamStat(self, med_idx: int) -> StreamStat: ...
    def getMedTransportInfo(self, med_idx: int) -> MediaTransportInfo: ...
    def processMediaUpdate(self, prm: OnCallMediaStateParam) -> None: ...
    def processStateChange(self, prm: OnCallStateParam) -> None: ...
    def onCallState(self, prm: OnCallStateParam) -> None: ...
    def onCallTsxState(self, prm: OnCallTsxStateParam) -> None: ...
    def onCallMediaState(self, prm: OnCallMediaStateParam) -> None: ...
    def onCallSdpCreated(self, prm: OnCallSdpCreatedParam) -> None: ...
    def onStreamPreCreate(self, prm: OnStreamPreCreateParam) -> None: ...
    def onStreamCreated(self, prm: OnStreamCreatedParam) -> None: ...
    def onStreamDestroyed(self, prm: OnStreamDestroyedParam) -> None: ...
    def onDtmfDigit(self, prm: OnDtmfDigitParam) -> None: ...
    def onDtmfEvent(self, prm: OnDtmfEventParam) -> None: ...
    def onCallTransferRequest(self, prm: OnCallTransferRequestParam) -> None: ...
    def onCallTransferStatus(self, prm: OnCallTransferStatusParam) -> None: ...
    def onCallReplaceRequest(self, prm: OnCallReplaceRequestParam) -> None: ...
    def onCallReplaced(self, prm: OnCallReplacedParam) -> None: ...
    def onCallRxOffer(self, prm: OnCallRxOfferParam) -> None: ...
    def onCallRxReinvite(self, prm: OnCallRxReinviteParam) -> None: ...
    def onCallTxOffer(self, prm: OnCallTxOfferParam) -> None: ...
    def onCallRedirected(self, prm: OnCallRedirectedParam) -> int: ...
    def onCallMediaTransportState(self, prm: OnCallMediaTransportStateParam) -> None: ...
    def onCreateMediaTransport(self, prm: OnCreateMediaTransportParam) -> None: ...
    def onCreateMediaTransportSrtp(self, prm: OnCreateMediaTransportSrtpParam) -> None: ...

class CallSetting:
    flag: int
    reqKeyframeMethod: int
    audioCount: int
    videoCount: int
    textCount: int
    mediaDir: IntVector
    customCallId: str
    def __init__(self, useDefaultValues: bool = ...) -> None: ...
    def isEmpty(self) -> bool: ...

class CallOpParam:
    opt: CallSetting
    statusCode: int
    reason: str
    options: int
    txOption: SipTxOption
    sdp: SdpSession
    def __init__(self, useDefaultCallSetting: bool = ...) -> None: ...

class CallInfo:
    id: int
    role: int
    accId: int
    localUri: str
    localContact: str
    remoteUri: str
    remoteContact: str
    callIdString: str
    setting: CallSetting
    state: int
    stateText: str
    lastStatusCode: int
    lastReason: str
    media: CallMediaInfoVector
    provMedia: CallMediaInfoVector
    connectDuration: TimeVal
    totalDuration: TimeVal
    remOfferer: bool
    remAudioCount: int
    remTextCount: int
    def __init__(self) -> None: ...

class CallMediaInfo:
    index: int
    type: int
    dir: int
    status: int
    audioConfSlot: int
    def __init__(self) -> None: ...

class CallMediaInfoVector(_Vector[CallMediaInfo]):
    pass

class CallSendDtmfParam:
    method: int
    duration: int
    digits: str
    def __init__(self) -> None: ...

class CallSendRequestParam:
    method: str
    txOption: SipTxOption
    def __init__(self) -> None: ...

class StreamInfo:
    type: int
    proto: int
    dir: int
    remoteRtpAddress: str
    remoteRtcpAddress: str
    txPt: int
    rxPt: int
    audTxEventPt: int
    audRxEventPt: int
    codecName: str
    codecClockRate: int
    audCodecParam: CodecParam
    jbInit: int
    jbMinPre: int
    jbMaxPre: int
    jbMax: int
    jbDiscardAlgo: int
    rtcpSdesByeDisabled: bool
    def __init__(self) -> None: ...

class StreamStat:
    rtcp: RtcpStat
    jbuf: JbufState
    def __init__(self) -> None: ...

class RtcpStat:
    start: TimeVal
    txStat: RtcpStreamStat
    rxStat: RtcpStreamStat
    rttUsec: MathStat
    rtpTxLastTs: int
    rtpTxLastSeq: int
    rxIpdvUsec: MathStat
    rxRawJitterUsec: MathStat
    peerSdes: RtcpSdes
    def __init__(self) -> None: ...

class RtcpStreamStat:
    update: TimeVal
    updateCount: int
    pkt: int
    bytes: int
    discard: int
    loss: int
    reorder: int
    dup: int
    lossPeriodUsec: MathStat
    lossType: LossType
    jitterUsec: MathStat
    def __init__(self) -> None: ...

class JbufState:
    frameSize: int
    minPrefetch: int
    maxPrefetch: int
    burst: int
    prefetch: int
    size: int
    avgDelayMsec: int
    minDelayMsec: int
    maxDelayMsec: int
    devDelayMsec: int
    avgBurst: int
    lost: int
    discard: int
    empty: int
    def __init__(self) -> None: ...

class LossType:
    burst: int
    random: int
    def __init__(self) -> None: ...

class TimeVal:
    sec: int
    msec: int
    def __init__(self) -> None: ...

class MathStat:
    n: int
    max: int
    min: int
    last: int
    mean: int
    def __init__(self) -> None: ...

class Media:
    def __init__(self) -> None: ...
    def getType(self) -> int: ...

class AudioMedia(Media):
    def getPortInfo(self) -> ConfPortInfo: ...
    def getPortId(self) -> int: ...
    @staticmethod
    def getPortInfoFromId(port_id: int) -> ConfPortInfo: ...
    def startTransmit(self, sink: AudioMedia) -> None: ...
    def startTransmit2(self, sink: AudioMedia, param: AudioMediaTransmitParam) -> None: ...
    def stopTransmit(self, sink: AudioMedia) -> None: ...
    def adjustRxLevel(self, level: float) -> None: ...
    def adjustTxLevel(self, level: float) -> None: ...
    def getRxLevel(self) -> int: ...
    def getTxLevel(self) -> int: ...
    @staticmethod
    def typecastFromMedia(media: Media) -> AudioMedia: ...
    def __init__(self) -> None: ...

class AudioMediaPort(AudioMedia):
    thisown: bool
    def __init__(self) -> None: ...
    def createPort(self, name: str, fmt: MediaFormatAudio) -> None: ...
    def onFrameRequested(self, frame: MediaFrame) -> None: ...
    def onFrameReceived(self, frame: MediaFrame) -> None: ...

class AudioMediaPlayer(AudioMedia):
    def __init__(self) -> None: ...
    def createPlayer(self, file_name: str, options: int = ...) -> None: ...
    def createPlaylist(self, file_names: StringVector, label: str = ..., options: int = ...) -> None: ...
    def getInfo(self) -> Any: ...
    def getPos(self) -> int: ...
    def setPos(self, samples: int) -> None: ...
    @staticmethod
    def typecastFromAudioMedia(media: AudioMedia) -> AudioMediaPlayer: ...
    def onEof2(self) -> None: ...

class AudioMediaRecorder(AudioMedia):
    def __init__(self) -> None: ...
    def createRecorder(self, file_name: str, enc_type: int = ..., max_size: int = ..., options: int = ...) -> None: ...
    @staticmethod
    def typecastFromAudioMedia(media: AudioMedia) -> AudioMediaRecorder: ...

class MediaFormat:
    id: int
    type: int
    def __init__(self) -> None: ...

class MediaFormatAudio(MediaFormat):
    clockRate: int
    channelCount: int
    frameTimeUsec: int
    bitsPerSample: int
    avgBps: int
    maxBps: int
    def __init__(self) -> None: ...
    def init(self, formatId: int, clockRate: int, channelCount: int, frameTimeUsec: int, bitsPerSample: int, avgBps: int = ..., maxBps: int = ...) -> None: ...

class MediaFrame:
    type: int
    buf: ByteVector
    size: int
    def __init__(self) -> None: ...

class ConfPortInfo:
    portId: int
    name: str
    format: MediaFormatAudio
    txLevelAdj: float
    rxLevelAdj: float
    listeners: IntVector
    def __init__(self) -> None: ...

class AudDevManager:
    def __init__(self) -> None: ...
    def setNullDev(self) -> None: ...
    def setNoDev(self) -> object: ...
    def setEcOptions(self, tail_msec: int, options: int) -> None: ...
    def getEcTail(self) -> int: ...
    def getDevCount(self) -> int: ...

class CodecInfo:
    codecId: str
    priority: int
    desc: str
    def __init__(self) -> None: ...

class CodecInfoVector2(_Vector[CodecInfo]):
    pass

class CodecParam:
    info: Any
    setting: Any
    def __init__(self) -> None: ...

class MediaTransportInfo:
    localRtpName: str
    localRtcpName: str
    srcRtpName: str
    srcRtcpName: str
    def __init__(self) -> None: ...

class SdpSession:
    wholeSdp: str
    pjSdpSession: object
    def __init__(self) -> None: ...

class SipRxData:
    info: str
    wholeMsg: str
    srcAddress: str
    pjRxData: object
    def __init__(self) -> None: ...

class SipTxData:
    info: str
    wholeMsg: str
    dstAddress: str
    pjTxData: object
    def __init__(self) -> None: ...

class SipEvent:
    type: int
    body: SipEventBody
    pjEvent: object
    def __init__(self) -> None: ...

class SipEventBody:
    timer: TimerEvent
    tsxState: TsxStateEvent
    txMsg: TxMsgEvent
    txError: TxErrorEvent
    rxMsg: RxMsgEvent
    user: UserEvent
    def __init__(self) -> None: ...

class TsxStateEvent:
    src: TsxStateEventSrc
    tsx: SipTransaction
    prevState: int
    type: int
    def __init__(self) -> None: ...

class TimerEvent:
    entry: Any
    def __init__(self) -> None: ...

class RxMsgEvent:
    rdata: SipRxData
    def __init__(self) -> None: ...

class TxMsgEvent:
    tdata: SipTxData
    def __init__(self) -> None: ...

class SipTransaction:
    role: int
    method: str
    statusCode: int
    statusText: str
    state: int
    lastTx: SipTxData
    pjTransaction: object
    def __init__(self) -> None: ...

class SipHeader:
    hName: str
    hValue: str
    def __init__(self) -> None: ...

class SipHeaderVector(_Vector[SipHeader]):
    pass

class SipTxOption:
    targetUri: str
    localUri: str
    contactUri: str
    headers: SipHeaderVector
    contentType: str
    msgBody: str
    multipartContentType: SipMediaType
    multipartParts: Any
    def isEmpty(self) -> bool: ...
    def __init__(self) -> None: ...

class SipMultipartPart:
    headers: SipHeaderVector
    contentType: SipMediaType
    body: str
    def __init__(self) -> None: ...

class SipMediaType:
    type: str
    subType: str
    def __init__(self) -> None: ...

class StringVector(_Vector[str]):
    pass

class IntVector(_Vector[int]):
    pass

class ByteVector(_Vector[int]):
    # These two are ours to look for: 2.17 has them, the PyPI wheel 2.15.1 does not.
    def copy_to_bytearray(self, obj: bytearray | memoryview) -> None: ...
    def assign_from_bytes(self, obj: bytes | bytearray | memoryview) -> None: ...

class Version:
    major: int
    minor: int
    rev: int
    suffix: str
    full: str
    numeric: int
    def __init__(self) -> None: ...

class TxErrorEvent:
    tdata: SipTxData
    tsx: SipTransaction
    def __init__(self) -> None: ...

class UserEvent:
    user1: Any
    user2: Any
    user3: Any
    user4: Any
    def __init__(self) -> None: ...

class TsxStateEventSrc:
    rdata: SipRxData
    tdata: SipTxData
    timer: Any
    status: int
    data: Any
    def __init__(self) -> None: ...

class AudioMediaVector2(_Vector[AudioMedia]):
    pass

class AudioMediaTransmitParam:
    level: float
    def __init__(self) -> None: ...

class RtcpSdes:
    cname: str
    name: str
    email: str
    phone: str
    loc: str
    tool: str
    note: str
    def __init__(self) -> None: ...

class RtcpFbConfig:
    dontUseAvpf: bool
    caps: Any
    def __init__(self) -> None: ...

class OnIncomingCallParam:
    callId: int
    rdata: SipRxData
    def __init__(self) -> None: ...

class OnRegStartedParam:
    renew: bool
    def __init__(self) -> None: ...

class OnRegStateParam:
    status: int
    code: int
    reason: str
    rdata: SipRxData
    expiration: int
    def __init__(self) -> None: ...

class OnCallStateParam:
    e: SipEvent
    def __init__(self) -> None: ...

class OnCallTsxStateParam:
    e: SipEvent
    def __init__(self) -> None: ...

class OnCallMediaStateParam:
    def __init__(self) -> None: ...

class OnCallSdpCreatedParam:
    sdp: SdpSession
    remSdp: SdpSession
    def __init__(self) -> None: ...

class OnStreamPreCreateParam:
    streamIdx: int
    streamInfo: StreamInfo
    def __init__(self) -> None: ...

class OnStreamCreatedParam:
    stream: Any
    streamIdx: int
    destroyPort: bool
    pPort: Any
    def __init__(self) -> None: ...

class OnStreamDestroyedParam:
    stream: Any
    streamIdx: int
    def __init__(self) -> None: ...

class OnDtmfDigitParam:
    method: int
    digit: str
    duration: int
    def __init__(self) -> None: ...

class OnDtmfEventParam:
    method: int
    timestamp: int
    digit: str
    duration: int
    flags: int
    def __init__(self) -> None: ...

class OnCallTransferRequestParam:
    dstUri: str
    statusCode: int
    opt: CallSetting
    newCall: Call | None
    def __init__(self) -> None: ...

class OnCallTransferStatusParam:
    statusCode: int
    reason: str
    finalNotify: bool
    cont: bool
    def __init__(self) -> None: ...

class OnCallReplaceRequestParam:
    rdata: SipRxData
    statusCode: int
    reason: str
    opt: CallSetting
    newCall: Call | None
    def __init__(self) -> None: ...

class OnCallReplacedParam:
    newCallId: int
    newCall: Call | None
    def __init__(self) -> None: ...

class OnCallRxOfferParam:
    offer: SdpSession
    statusCode: int
    opt: CallSetting
    def __init__(self) -> None: ...

class OnCallRxReinviteParam:
    offer: SdpSession
    rdata: SipRxData
    isAsync: bool
    statusCode: int
    opt: CallSetting
    def __init__(self) -> None: ...

class OnCallTxOfferParam:
    opt: CallSetting
    def __init__(self) -> None: ...

class OnCallRedirectedParam:
    targetUri: str
    e: SipEvent
    def __init__(self) -> None: ...

class OnCallMediaTransportStateParam:
    medIdx: int
    state: int
    status: int
    sipErrorCode: int
    def __init__(self) -> None: ...

class OnCreateMediaTransportParam:
    mediaIdx: int
    mediaTp: int
    flags: int
    def __init__(self) -> None: ...

class OnCreateMediaTransportSrtpParam:
    mediaIdx: int
    srtpUse: int
    cryptos: Any
    def __init__(self) -> None: ...

class OnTimerParam:
    userData: int
    msecDelay: int
    def __init__(self) -> None: ...

class OnTransportStateParam:
    hnd: int
    type: str
    state: int
    lastError: int
    tlsInfo: TlsInfo
    def __init__(self) -> None: ...

class OnSelectAccountParam:
    rdata: SipRxData
    accountIndex: int
    def __init__(self) -> None: ...

class SendRequestParam:
    userData: Any  # set: any object of this module; got: its address
    method: str
    txOption: SipTxOption
    this: int
    def __init__(self) -> None: ...

class OnSendRequestParam:
    userData: int
    e: SipEvent
    def __init__(self) -> None: ...

class TlsInfo:
    established: bool
    cipherName: str
    localAddr: str
    remoteAddr: str
    localCertInfo: SslCertInfo
    remoteCertInfo: SslCertInfo
    verifyStatus: int
    verifyMsgs: StringVector
    def isEmpty(self) -> bool: ...
    def __init__(self) -> None: ...

class SslCertInfo:
    subjectCn: str
    issuerCn: str
    subjectAltName: SslCertNameVector
    def isEmpty(self) -> bool: ...
    def __init__(self) -> None: ...

class SslCertName:
    type: int
    name: str
    def __init__(self) -> None: ...

class SslCertNameVector(_Vector[SslCertName]):
    pass

PJ_SUCCESS: int
PJ_SSL_CERT_EIDENTITY_NOT_MATCH: int
PJSIP_TP_STATE_CONNECTED: int
PJSIP_TP_STATE_DISCONNECTED: int
PJSIP_TP_STATE_SHUTDOWN: int
PJSIP_TP_STATE_DESTROY: int
PJMEDIA_FORMAT_PCM: int
PJMEDIA_FORMAT_PCMA: int
PJMEDIA_FORMAT_PCMU: int
PJMEDIA_FRAME_TYPE_NONE: int
PJMEDIA_FRAME_TYPE_AUDIO: int
PJMEDIA_FRAME_TYPE_EXTENDED: int
PJMEDIA_FRAME_TYPE_VIDEO: int
PJMEDIA_SRTP_DISABLED: int
PJMEDIA_SRTP_UNKNOWN: int
PJMEDIA_SRTP_OPTIONAL: int
PJMEDIA_SRTP_MANDATORY: int
PJMEDIA_SRTP_NO_ENCRYPTION: int
PJMEDIA_SRTP_NO_AUTHENTICATION: int
PJMEDIA_SRTP_KEYING_SDES: int
PJMEDIA_SRTP_KEYING_DTLS_SRTP: int
PJMEDIA_SRTP_KEYINGS_COUNT: int
PJMEDIA_TYPE_NONE: int
PJMEDIA_TYPE_AUDIO: int
PJMEDIA_TYPE_VIDEO: int
PJMEDIA_TYPE_TEXT: int
PJMEDIA_DIR_NONE: int
PJMEDIA_DIR_ENCODING: int
PJMEDIA_DIR_CAPTURE: int
PJMEDIA_DIR_DECODING: int
PJMEDIA_DIR_PLAYBACK: int
PJMEDIA_DIR_RENDER: int
PJMEDIA_DIR_ENCODING_DECODING: int
PJMEDIA_DIR_CAPTURE_PLAYBACK: int
PJMEDIA_DIR_CAPTURE_RENDER: int
PJSIP_CRED_DATA_PLAIN_PASSWD: int
PJSIP_CRED_DATA_DIGEST: int
PJSIP_CRED_DATA_EXT_AKA: int
PJSIP_EVENT_UNKNOWN: int
PJSIP_EVENT_TIMER: int
PJSIP_EVENT_TX_MSG: int
PJSIP_EVENT_RX_MSG: int
PJSIP_EVENT_TRANSPORT_ERROR: int
PJSIP_EVENT_TSX_STATE: int
PJSIP_EVENT_USER: int
PJSIP_SC_NULL: int
PJSIP_SC_TRYING: int
PJSIP_SC_RINGING: int
PJSIP_SC_CALL_BEING_FORWARDED: int
PJSIP_SC_QUEUED: int
PJSIP_SC_PROGRESS: int
PJSIP_SC_EARLY_DIALOG_TERMINATED: int
PJSIP_SC_OK: int
PJSIP_SC_ACCEPTED: int
PJSIP_SC_NO_NOTIFICATION: int
PJSIP_SC_MULTIPLE_CHOICES: int
PJSIP_SC_MOVED_PERMANENTLY: int
PJSIP_SC_MOVED_TEMPORARILY: int
PJSIP_SC_USE_PROXY: int
PJSIP_SC_ALTERNATIVE_SERVICE: int
PJSIP_SC_BAD_REQUEST: int
PJSIP_SC_UNAUTHORIZED: int
PJSIP_SC_PAYMENT_REQUIRED: int
PJSIP_SC_FORBIDDEN: int
PJSIP_SC_NOT_FOUND: int
PJSIP_SC_METHOD_NOT_ALLOWED: int
PJSIP_SC_NOT_ACCEPTABLE: int
PJSIP_SC_PROXY_AUTHENTICATION_REQUIRED: int
PJSIP_SC_REQUEST_TIMEOUT: int
PJSIP_SC_CONFLICT: int
PJSIP_SC_GONE: int
PJSIP_SC_LENGTH_REQUIRED: int
PJSIP_SC_CONDITIONAL_REQUEST_FAILED: int
PJSIP_SC_REQUEST_ENTITY_TOO_LARGE: int
PJSIP_SC_REQUEST_URI_TOO_LONG: int
PJSIP_SC_UNSUPPORTED_MEDIA_TYPE: int
PJSIP_SC_UNSUPPORTED_URI_SCHEME: int
PJSIP_SC_UNKNOWN_RESOURCE_PRIORITY: int
PJSIP_SC_BAD_EXTENSION: int
PJSIP_SC_EXTENSION_REQUIRED: int
PJSIP_SC_SESSION_TIMER_TOO_SMALL: int
PJSIP_SC_INTERVAL_TOO_BRIEF: int
PJSIP_SC_BAD_LOCATION_INFORMATION: int
PJSIP_SC_USE_IDENTITY_HEADER: int
PJSIP_SC_PROVIDE_REFERRER_HEADER: int
PJSIP_SC_FLOW_FAILED: int
PJSIP_SC_ANONIMITY_DISALLOWED: int
PJSIP_SC_BAD_IDENTITY_INFO: int
PJSIP_SC_UNSUPPORTED_CERTIFICATE: int
PJSIP_SC_INVALID_IDENTITY_HEADER: int
PJSIP_SC_FIRST_HOP_LACKS_OUTBOUND_SUPPORT: int
PJSIP_SC_MAX_BREADTH_EXCEEDED: int
PJSIP_SC_BAD_INFO_PACKAGE: int
PJSIP_SC_CONSENT_NEEDED: int
PJSIP_SC_TEMPORARILY_UNAVAILABLE: int
PJSIP_SC_CALL_TSX_DOES_NOT_EXIST: int
PJSIP_SC_LOOP_DETECTED: int
PJSIP_SC_TOO_MANY_HOPS: int
PJSIP_SC_ADDRESS_INCOMPLETE: int
PJSIP_SC_BUSY_HERE: int
PJSIP_SC_REQUEST_TERMINATED: int
PJSIP_SC_NOT_ACCEPTABLE_HERE: int
PJSIP_SC_BAD_EVENT: int
PJSIP_SC_REQUEST_UPDATED: int
PJSIP_SC_REQUEST_PENDING: int
PJSIP_SC_UNDECIPHERABLE: int
PJSIP_SC_SECURITY_AGREEMENT_NEEDED: int
PJSIP_SC_INTERNAL_SERVER_ERROR: int
PJSIP_SC_NOT_IMPLEMENTED: int
PJSIP_SC_BAD_GATEWAY: int
PJSIP_SC_SERVICE_UNAVAILABLE: int
PJSIP_SC_SERVER_TIMEOUT: int
PJSIP_SC_VERSION_NOT_SUPPORTED: int
PJSIP_SC_MESSAGE_TOO_LARGE: int
PJSIP_SC_PUSH_NOTIFICATION_SERVICE_NOT_SUPPORTED: int
PJSIP_SC_PRECONDITION_FAILURE: int
PJSIP_SC_BUSY_EVERYWHERE: int
PJSIP_SC_DECLINE: int
PJSIP_SC_DOES_NOT_EXIST_ANYWHERE: int
PJSIP_SC_NOT_ACCEPTABLE_ANYWHERE: int
PJSIP_SC_UNWANTED: int
PJSIP_SC_REJECTED: int
PJSIP_SC_TSX_TIMEOUT: int
PJSIP_SC_TSX_TRANSPORT_ERROR: int
PJSIP_SC__force_32bit: int
PJSIP_TSX_STATE_NULL: int
PJSIP_TSX_STATE_CALLING: int
PJSIP_TSX_STATE_TRYING: int
PJSIP_TSX_STATE_PROCEEDING: int
PJSIP_TSX_STATE_COMPLETED: int
PJSIP_TSX_STATE_CONFIRMED: int
PJSIP_TSX_STATE_TERMINATED: int
PJSIP_TSX_STATE_DESTROYED: int
PJSIP_TSX_STATE_MAX: int
PJSIP_TRANSPORT_UDP: int
PJSIP_TRANSPORT_TCP: int
PJSIP_TRANSPORT_TLS: int
PJSIP_TRANSPORT_UDP6: int
PJSIP_TRANSPORT_TCP6: int
PJSIP_TRANSPORT_TLS6: int
PJSIP_SSL_UNSPECIFIED_METHOD: int
PJSIP_SSLV2_METHOD: int
PJSIP_SSLV3_METHOD: int
PJSIP_TLSV1_METHOD: int
PJSIP_TLSV1_1_METHOD: int
PJSIP_TLSV1_2_METHOD: int
PJSIP_TLSV1_3_METHOD: int
PJSIP_SSLV23_METHOD: int
PJSIP_ROLE_UAC: int
PJSIP_ROLE_UAS: int
PJSIP_REDIRECT_REJECT: int
PJSIP_REDIRECT_ACCEPT: int
PJSIP_REDIRECT_ACCEPT_REPLACE: int
PJSIP_REDIRECT_PENDING: int
PJSIP_REDIRECT_STOP: int
PJSIP_INV_STATE_NULL: int
PJSIP_INV_STATE_CALLING: int
PJSIP_INV_STATE_INCOMING: int
PJSIP_INV_STATE_EARLY: int
PJSIP_INV_STATE_CONNECTING: int
PJSIP_INV_STATE_CONFIRMED: int
PJSIP_INV_STATE_DISCONNECTED: int
PJSUA_INVALID_ID: int
PJSUA_STATE_NULL: int
PJSUA_STATE_CREATED: int
PJSUA_STATE_INIT: int
PJSUA_STATE_STARTING: int
PJSUA_STATE_RUNNING: int
PJSUA_STATE_CLOSING: int
PJSUA_100REL_NOT_USED: int
PJSUA_100REL_MANDATORY: int
PJSUA_100REL_OPTIONAL: int
PJSUA_SIP_TIMER_INACTIVE: int
PJSUA_SIP_TIMER_OPTIONAL: int
PJSUA_SIP_TIMER_REQUIRED: int
PJSUA_SIP_TIMER_ALWAYS: int
PJSUA_IPV6_DISABLED: int
PJSUA_IPV6_ENABLED: int
PJSUA_IPV6_ENABLED_NO_PREFERENCE: int
PJSUA_IPV6_ENABLED_PREFER_IPV4: int
PJSUA_IPV6_ENABLED_PREFER_IPV6: int
PJSUA_IPV6_ENABLED_USE_IPV6_ONLY: int
PJSUA_NAT64_DISABLED: int
PJSUA_NAT64_ENABLED: int
PJSUA_CALL_MEDIA_NONE: int
PJSUA_CALL_MEDIA_ACTIVE: int
PJSUA_CALL_MEDIA_LOCAL_HOLD: int
PJSUA_CALL_MEDIA_REMOTE_HOLD: int
PJSUA_CALL_MEDIA_ERROR: int
PJSUA_MED_TP_NULL: int
PJSUA_MED_TP_CREATING: int
PJSUA_MED_TP_IDLE: int
PJSUA_MED_TP_INIT: int
PJSUA_MED_TP_RUNNING: int
PJSUA_MED_TP_DISABLED: int
PJSUA_CALL_UNHOLD: int
PJSUA_CALL_UPDATE_CONTACT: int
PJSUA_CALL_INCLUDE_DISABLED_MEDIA: int
PJSUA_CALL_NO_SDP_OFFER: int
PJSUA_CALL_UPDATE_VIA: int
PJSUA_CALL_UPDATE_TARGET: int
PJSUA_CALL_NO_MEDIA_SYNC: int
PJSUA_MED_TP_CLOSE_MEMBER: int
PJSUA_SND_DEFAULT_CAPTURE_DEV: int
PJSUA_SND_DEFAULT_PLAYBACK_DEV: int
PJSUA_SND_NO_DEV: int
PJSUA_SND_NULL_DEV: int
PJSUA_SND_DEV_SPEAKER_ONLY: int
PJSUA_SND_DEV_NO_IMMEDIATE_OPEN: int
PJSUA_IP_CHANGE_OP_NULL: int
PJSUA_IP_CHANGE_OP_SHUTDOWN_TP: int
PJSUA_IP_CHANGE_OP_RESTART_LIS: int
PJSUA_IP_CHANGE_OP_ACC_SHUTDOWN_TP: int
PJSUA_IP_CHANGE_OP_ACC_UPDATE_CONTACT: int
PJSUA_IP_CHANGE_OP_ACC_HANGUP_CALLS: int
PJSUA_IP_CHANGE_OP_ACC_REINVITE_CALLS: int
PJSUA_IP_CHANGE_OP_COMPLETED: int
PJSUA_DTMF_METHOD_RFC2833: int
PJSUA_DTMF_METHOD_SIP_INFO: int

# --- what scripts/pjsip adds; the wheel from PyPI has none of it -----------------------------------------------

class Stranger:
    address: str
    method: str
    userAgent: str
    requests: int
    refused: int
    calls: int

class Screen:
    @staticmethod
    def start(silent: bool) -> None: ...
    @staticmethod
    def allow(networks: StringVector) -> None: ...
    @staticmethod
    def ban(addresses: StringVector) -> None: ...
    @staticmethod
    def take() -> tuple[Stranger, ...]: ...

def restartTls(transportId: int, settings: TransportConfig) -> None: ...
def nameTlsPeers(places: StringVector, hosts: StringVector) -> None: ...
