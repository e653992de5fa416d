"""What can go wrong in the engine.

EngineError                   NX-E00
├── BadInput                  NX-E10  a path, option or event the caller gave                exit 2
│   ├── NoSuchFile            NX-E11
│   ├── NotReadable           NX-E12
│   ├── FileTooLarge          NX-E13
│   ├── InvalidEvent          NX-E14
│   │   └── UnknownEvent      NX-E63  no event of the contract has this name
│   ├── BadFilter             NX-E15
│   ├── NoData                NX-E16  the data directory holds nothing yet
│   ├── NotAFile              NX-E17  a pipe, a device, a socket, a link to a folder
│   ├── FileChanged           NX-E18  someone still writes it
│   ├── NoRoomForFile         NX-E19  the disk has no room for a file of this size
│   ├── OwnCompany            NX-E40  an own company is not erased
│   ├── NotWatchable          NX-E32  a folder that must not be watched
│   └── NotWatched            NX-E34  no watched folder
├── WatchGone                 NX-E30  a watched folder is not there; it is looked for again  exit 69
├── WatchUnreadable           NX-E31  a watched folder cannot be listed
├── NotMoved                  NX-E33  taken in, but not moved out of the watched folder
├── WatchFailed               NX-E35  looking at a watched folder failed
├── WatchReplaced             NX-E36  a link stands in the place of a watched folder
├── BadQuestion (BadInput)    NX-E50  a question that is none, or beyond all length           exit 2
├── StillThere                NX-E41  what was erased may still be read from the disk        exit 69
├── NoSpace                   NX-E20  intake pauses below the floor of free space            exit 69
├── Unanswered                NX-E21  the owner of the data directory does not answer        exit 75
│   └── OwnerGone             NX-E24  it ended, or is ending, and whoever asked may own the directory now
├── PortTaken                 NX-H01  the HTTP API cannot listen                             exit 69
├── BadToken                  NX-H02  api.token is no secret any more                        exit 78
├── RequestRefused            NX-H03  a body or its parts do not fit the call        (400)   exit 2
│   ├── NotHttp               NX-H04  what came is no request, or can be read in two ways (400)
│   ├── TokenMissing          NX-H05  no token, or another's                         (401)
│   ├── HostRefused           NX-H06  a name that is not this listener's             (403)
│   ├── OriginRefused         NX-H07  a page of another origin                       (403)
│   ├── NoSuchPath            NX-H08                                                 (404)
│   ├── MethodRefused         NX-H09                                                 (405)
│   ├── RequestSlow           NX-H10  it stopped, or trickles                        (408)
│   ├── BrokenOff             NX-H11  the caller hung up before its end              (400)
│   ├── BodyTooLarge          NX-H12                                                 (413)
│   ├── TargetTooLong         NX-H13                                                 (414)
│   ├── MediaRefused          NX-H14  a form or a coding that is not read            (415)
│   └── HeadersTooLarge       NX-H15                                                 (431)
├── TooBusy                   NX-H16  as many connections as are served at once      (503)   exit 69
├── InternalFault             NX-H17  a fault of Nexus; the log has its place        (500)
├── Stopping                  NX-H18  the engine stops while a request still comes   (503)
├── VersionMismatch           NX-E22  the owner runs another schema                          exit 78
├── BadConfiguration          NX-C01  what was configured cannot be used                     exit 78
│   ├── NoConfiguration       NX-C02  the named file is not there, or cannot be read
│   ├── NotToml               NX-C03
│   ├── UnknownSetting        NX-C04
│   ├── BadSetting            NX-C05  a value out of its range
│   └── FixedSetting          NX-C06  a setting that is not changed while the engine runs
├── SecretFailure             NX-C20  a secret cannot be read or stored                      exit 78
│   ├── UnknownSecret         NX-C21                                                         exit 2
│   ├── NoSecret              NX-C22  no source holds it                                     exit 1
│   ├── UnreadableSecret      NX-C23  a credential or the file that a variable names
│   ├── NoKeyring             NX-C24  not installed, or none that is allowed                 exit 69
│   ├── KeyringLocked         NX-C25  it refuses, or does not answer in time                 exit 69
│   ├── VaultLocked           NX-C26  the key or passphrase of the encrypted file is missing or wrong
│   ├── VaultDamaged          NX-C27
│   └── BadSecret             NX-C28  the value cannot be one                                exit 2
├── GitHubFailure             NX-G01  an issue was not filed                                 exit 69
│   ├── NoRepository          NX-G02  github.repository is not set                           exit 78
│   ├── NoToken               NX-G03  GITHUB_TOKEN is not set                                exit 78
│   ├── BadGitHubAddress      NX-G04  GITHUB_API_URL                                         exit 78
│   ├── TokenRefused          NX-G05  GitHub answered 401 or 403                             exit 78
│   ├── RepositoryMissing     NX-G06  it answered 404, or that the repository has moved      exit 78
│   ├── IssueRefused          NX-G07  it answered 410 or 422
│   ├── RateLimited           NX-G08
│   ├── GitHubSilent          NX-G09  no answer in time
│   └── GitHubUnreachable     NX-G10
├── NoServiceManager          NX-E60  systemd does not run this machine                      exit 69
│   ├── OutOfReach            NX-E61  the service could not see its own program              exit 78
│   └── NotInstalled          NX-E62  the unit cannot be written
├── ExporterFailure           NX-T00  telemetry cannot be sent on                            exit 69
│   ├── ExtraMissing          NX-T01  the library it needs is not installed
│   ├── BadReceiver           NX-T02  an address that cannot be sent to
│   ├── ReceiverUnreachable   NX-T03  down, or refusing for now; tried again
│   ├── ReceiverUntrusted     NX-T05  its certificate is signed by nobody whom this machine trusts
│   └── ReceiverRefused       NX-T04  it will never take this
├── QueueStalled              NX-M01  alarm: the oldest message of a queue waits too long    exit 69
├── DeadLettersWait           NX-M02  alarm: messages were given up
├── DiskLow                   NX-M03  alarm: the disk fills up
└── AgentError                        failures of a hop; they are retried, then dead letters
    ├── AgentTimeout          NX-A01
    ├── AgentCrashed          NX-A02  the agent raised
    ├── InvalidPayload        NX-A03  a payload that does not fit the contract; never retried
    ├── ExtractionCrashed     NX-A05  the sandbox that read the bytes had to be stopped
    └── Interrupted           NX-A04  the process died five times while it worked on the document

More than 400 lines, because the errors of a floor stand in one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class EngineError(Exception):
    """The engine failed."""

    code: ClassVar[str] = "NX-E00"
    title: ClassVar[str] = "Engine failure"
    hint: ClassVar[str] = "Run `nexus doctor` and look at the log."
    exit_code: ClassVar[int] = 69

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class BadInput(EngineError):
    """The call cannot be carried out as it was given."""

    code = "NX-E10"
    title = "Bad input"
    hint = "Correct the call."
    exit_code = 2


class NoSuchFile(BadInput):
    """There is no such file or folder."""

    code = "NX-E11"
    title = "No such file"
    hint = "Check the path."


class NotReadable(BadInput):
    """The file cannot be read."""

    code = "NX-E12"
    title = "Not readable"
    hint = "Check the permissions of the file and its folder."


class FileTooLarge(BadInput):
    """The file is larger than intake takes."""

    code = "NX-E13"
    title = "File too large"
    hint = "Split it, or send the documents it holds."


class InvalidEvent(BadInput):
    """The event does not fit the contract."""

    code = "NX-E14"
    title = "Invalid event"
    hint = "Compare it with docs/schema."


class UnknownEvent(InvalidEvent):
    """No event of the contract has this name."""

    code = "NX-E63"
    title = "Unknown event"
    hint = (
        "There are evt.pipeline.requested, evt.doc.ingested, evt.doc.parsed, evt.doc.normalized, evt.audit.done, "
        "evt.classification.ready, evt.classification.needs_review, evt.ledger.ready, evt.tax.ready, evt.recon.done, "
        "evt.report.ready and evt.assistant.ready."
    )


class BadFilter(BadInput):
    """The filter cannot be understood."""

    code = "NX-E15"
    title = "Bad filter"
    hint = "Known words: state: status: family: issuer: cfop: period: since: tenant: finding: queue: error: trace: age>"


class NoData(BadInput):
    """There is no data yet."""

    code = "NX-E16"
    title = "No data yet"
    hint = "Take files in with `nexus add`, or check --data-dir and NEXUS_DATA_DIR."


class NotAFile(BadInput):
    """Only files and folders are taken in."""

    code = "NX-E17"
    title = "Not a file"
    hint = "Copy what it holds into a file; a folder that a link leads to is named by itself."


class FileChanged(BadInput):
    """The file changed while it was read."""

    code = "NX-E18"
    title = "File still changing"
    hint = "Add it again once it is written to its end."


class NoRoomForFile(BadInput):
    """The disk has no room for a file of this size."""

    code = "NX-E19"
    title = "File does not fit"
    hint = "Move the data directory to a larger disk, or split the file; then add it again."


class OwnCompany(BadInput):
    """An own company cannot be erased: nearly every document is one of its own."""

    code = "NX-E40"
    title = "Own company"
    hint = "Remove it first with `nexus companies rm`, if its documents are to go too."


class StillThere(EngineError):
    """What was erased may still be read from the disk."""

    code = "NX-E41"
    title = "Not erased from the disk"
    hint = "The rows are gone. Close whatever has the database open, and erase again: that finds nothing more and cleans up."


class NotWatchable(BadInput):
    """The folder cannot be watched."""

    code = "NX-E32"
    title = "Folder cannot be watched"
    hint = "Choose a folder of its own; `nexus watch ls` shows those that are watched."


class NotWatched(BadInput):
    """No such folder is watched."""

    code = "NX-E34"
    title = "Not watched"
    hint = "`nexus watch ls` shows the folders that are."


class WatchGone(EngineError):
    """The watched folder is not there."""

    code = "NX-E30"
    title = "Watched folder is gone"
    hint = "Mount it or create it again: it is looked for every few seconds. If it is not wanted any more: `nexus watch rm`."


class WatchUnreadable(EngineError):
    """The watched folder cannot be read."""

    code = "NX-E31"
    title = "Watched folder cannot be read"
    hint = "Check the permissions of the folder; it is tried again by itself."


class NotMoved(EngineError):
    """The file was taken in and could not be moved out of the watched folder."""

    code = "NX-E33"
    title = "File not moved"
    hint = "Its bytes are kept. Check the folder files are moved to; moving is tried again by itself."


class WatchReplaced(EngineError):
    """A link stands in the place of the watched folder, or of one above it."""

    code = "NX-E36"
    title = "Watched folder is a link now"
    hint = "Nothing is taken through it. Put the folder back: it is looked for every few seconds. If the link is meant, watch where it leads: `nexus watch add`."


class WatchFailed(EngineError):
    """Looking at the watched folder failed."""

    code = "NX-E35"
    title = "Watching failed"
    hint = "It is tried again by itself; if it stays, run `nexus doctor`."


class BadQuestion(BadInput):
    """There is no question to answer."""

    code = "NX-E50"
    title = "No question"
    hint = "Ask one thing in a few words: `nexus assistant ask DOC \"what is the total?\"`."


class NoSpace(EngineError):
    """Less free space than the floor: intake waits, nothing is lost."""

    code = "NX-E20"
    title = "Low disk space"
    hint = "Free some space; intake resumes by itself."


class Unanswered(EngineError):
    """The process that owns the data directory does not answer."""

    code = "NX-E21"
    title = "Owner does not answer"
    hint = "Look at that process; end it if it hangs, and try again."
    exit_code = 75


class OwnerGone(Unanswered):
    """The process that owned the data directory has ended."""

    code = "NX-E24"
    title = "Owner has ended"
    hint = "What it acknowledged is kept. Try again."


class OutputLost(EngineError):
    """Stdout took no more of what a command printed; what the command did is done."""

    code = "NX-E25"
    title = "Output cut short"
    hint = "Free space where the output goes; what the command did stays done."


class PortTaken(EngineError):
    """The HTTP API cannot listen on its port."""

    code = "NX-H01"
    title = "Port in use"
    hint = "Name another with --port, or end what listens there; --port 0 takes a free one."


class BadToken(EngineError):
    """The file of the HTTP API's token cannot be used."""

    code = "NX-H02"
    title = "Token unusable"
    hint = "Remove api.token from the data directory; the next start makes a new one. Callers need it then."
    exit_code = 78


class RequestRefused(BadInput):
    """The request cannot be carried out."""

    code = "NX-H03"
    title = "Bad request"
    hint = "Correct what `issues` names and send it again; docs/schema has the shapes. Nothing of it was taken in."
    #: Of the answer over HTTP.
    status: ClassVar[int] = 400

    def __init__(self, message: str | None = None, *, issues: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.issues = tuple(issues)


class NotHttp(RequestRefused):
    """What came is no HTTP request, or one that can be read in two ways."""

    code = "NX-H04"
    title = "No HTTP request"
    hint = "Send HTTP/1.1 with http:// in front, one Host, and either Content-Length or Transfer-Encoding: chunked."


class TokenMissing(RequestRefused):
    """The token of this appliance is missing or wrong."""

    code = "NX-H05"
    title = "Token missing"
    hint = "Send `Authorization: Bearer` and what api.token in the data directory holds."
    status = 401


class HostRefused(RequestRefused):
    """This host name is not served."""

    code = "NX-H06"
    title = "Host refused"
    hint = "Call 127.0.0.1 or localhost with the port that `nexus serve` prints; no other name is served."
    status = 403


class OriginRefused(RequestRefused):
    """Requests of this origin are refused."""

    code = "NX-H07"
    title = "Origin refused"
    hint = "One page may be let in: `nexus config set http.web_ui_origin`, then start again."
    status = 403


class NoSuchPath(RequestRefused):
    """Not found"""

    code = "NX-H08"
    title = "No such path"
    hint = "There are /api/ingest, /api/reports/{docId}, /api/assistant, /healthz, /readyz and /metrics."
    status = 404


class MethodRefused(RequestRefused):
    """Method Not Allowed"""

    code = "NX-H09"
    title = "Method refused"
    hint = "Use a method that the header Allow names."
    status = 405


class RequestSlow(RequestRefused):
    """The request did not arrive in time."""

    code = "NX-H10"
    title = "Request too slow"
    hint = "Send it again without a pause. Nothing of it was taken in."
    status = 408


class BrokenOff(RequestRefused):
    """The request broke off before its end."""

    code = "NX-H11"
    title = "Broken off"
    hint = "Send it again. Nothing of it was taken in."


class BodyTooLarge(RequestRefused):
    """The body is larger than this call takes."""

    code = "NX-H12"
    title = "Body too large"
    hint = "Send fewer or smaller files at a time, or use `nexus add`. Nothing of it was taken in."
    status = 413


class TargetTooLong(RequestRefused):
    """The address of the request is too long."""

    code = "NX-H13"
    title = "Address too long"
    hint = "Send the data in the body."
    status = 414


class MediaRefused(RequestRefused):
    """Bodies of this form are not read."""

    code = "NX-H14"
    title = "Form not read"
    hint = "Send multipart/form-data or application/json, uncompressed."
    status = 415


class HeadersTooLarge(RequestRefused):
    """The headers of the request are too large."""

    code = "NX-H15"
    title = "Headers too large"
    hint = "Send fewer or shorter headers."
    status = 431


class TooBusy(EngineError):
    """As many connections are open as are served at once."""

    code = "NX-H16"
    title = "Too many connections"
    hint = "Close some, or try again in a while."


class InternalFault(EngineError):
    """Internal error"""

    code = "NX-H17"
    title = "Fault in Nexus"
    hint = "Try again; if it stays, run `nexus doctor` and look at `nexus trace logs`."


class Stopping(EngineError):
    """The engine stops while the request still comes."""

    code = "NX-H18"
    title = "Engine stops"
    hint = "Send it again once the engine runs. Nothing of it was taken in."


class VersionMismatch(EngineError):
    """The process that owns the data directory runs another version."""

    code = "NX-E22"
    title = "Other version running"
    hint = "Stop the running engine and start the installed version."
    exit_code = 78


class BadConfiguration(EngineError):
    """The configuration cannot be used."""

    code = "NX-C01"
    title = "Bad configuration"
    hint = "Correct it; `nexus config validate` checks it without starting anything."
    exit_code = 78


class NoConfiguration(BadConfiguration):
    """The configuration file cannot be read."""

    code = "NX-C02"
    title = "No such configuration file"
    hint = "Check --config and NEXUS_CONFIG; `nexus config path` shows which file is read."


class NotToml(BadConfiguration):
    """The configuration file is no TOML."""

    code = "NX-C03"
    title = "Configuration not readable"
    hint = "Correct the line; text stands in quotes, names and values are joined by =."


class UnknownSetting(BadConfiguration):
    """There is no such setting."""

    code = "NX-C04"
    title = "Unknown setting"
    hint = "`nexus config show` lists the settings with their values and sources."


class BadSetting(BadConfiguration):
    """The value does not fit the setting."""

    code = "NX-C05"
    title = "Bad setting"
    hint = "Correct the value; `nexus config show` lists what each setting takes."


class FixedSetting(BadConfiguration):
    """The setting is not changed while the engine runs."""

    code = "NX-C06"
    title = "Set elsewhere"
    hint = "Write it into the configuration file or its variable: `nexus config path`."


class SecretFailure(EngineError):
    """The secret cannot be read or stored."""

    code = "NX-C20"
    title = "Secret failure"
    hint = "`nexus secrets ls` shows where each secret comes from."
    exit_code = 78


class UnknownSecret(SecretFailure):
    """There is no secret of that name."""

    code = "NX-C21"
    title = "Unknown secret"
    hint = "`nexus secrets ls` lists the names."
    exit_code = 2


class NoSecret(SecretFailure):
    """No source holds the secret."""

    code = "NX-C22"
    title = "Secret not set"
    hint = "Set it with `nexus secrets set`, a systemd credential or its variable; without it the feature stays off."
    exit_code = 1


class UnreadableSecret(SecretFailure):
    """The file that should hold the secret cannot be read."""

    code = "NX-C23"
    title = "Secret not readable"
    hint = "Check the path and the permissions of the file, or unset the variable."


class NoKeyring(SecretFailure):
    """There is no keyring that may be used."""

    code = "NX-C24"
    title = "No keyring"
    hint = "Use the encrypted file, `nexus secrets set NAME --to file`, or install `nexus-tui[keyring]` in a desktop session."
    exit_code = 69


class KeyringLocked(SecretFailure):
    """The keyring does not answer."""

    code = "NX-C25"
    title = "Keyring locked"
    hint = "Unlock it and try again, or use the encrypted file: `nexus secrets set NAME --to file`."
    exit_code = 69


class VaultLocked(SecretFailure):
    """The encrypted file cannot be opened with this key."""

    code = "NX-C26"
    title = "Encrypted file locked"
    hint = "Give NEXUS_SECRETS_PASSPHRASE as a credential or file, or put the key file back where NEXUS_SECRETS_KEY_FILE says."


class VaultDamaged(SecretFailure):
    """The encrypted file is damaged."""

    code = "NX-C27"
    title = "Encrypted file damaged"
    hint = "Restore secrets.enc, or move it away and set the secrets again."


class BadSecret(SecretFailure):
    """The value cannot be a secret."""

    code = "NX-C28"
    title = "Bad value"
    hint = "Pipe the value in, or type it when asked; it is one line of text."
    exit_code = 2


class GitHubFailure(EngineError):
    """GitHub did not file the issue."""

    code = "NX-G01"
    title = "Issue not filed"
    hint = "Try again later; `nexus dlq issue` without --post prints the text to file by hand."


class NoRepository(GitHubFailure):
    """No repository is configured that takes issues."""

    code = "NX-G02"
    title = "No repository"
    hint = "`nexus config set github.repository owner/name`, and `nexus secrets set GITHUB_TOKEN`."
    exit_code = 78


class NoToken(GitHubFailure):
    """The process that runs the engine finds no GITHUB_TOKEN."""

    code = "NX-G03"
    title = "No token"
    hint = "`nexus secrets set GITHUB_TOKEN`: one that may write issues of the repository."
    exit_code = 78


class BadGitHubAddress(GitHubFailure):
    """GITHUB_API_URL is no address that a token may be sent to."""

    code = "NX-G04"
    title = "Bad GitHub address"
    hint = "It begins with https://, names a host, and holds no user and no query; unset, it is https://api.github.com."
    exit_code = 78


class TokenRefused(GitHubFailure):
    """GitHub refuses the token."""

    code = "NX-G05"
    title = "Token refused"
    hint = "Make one that may read and write issues of the repository, and keep it with `nexus secrets set GITHUB_TOKEN`."
    exit_code = 78


class RepositoryMissing(GitHubFailure):
    """GitHub does not show the repository."""

    code = "NX-G06"
    title = "Repository not found"
    hint = "Check the name, `nexus config set github.repository owner/name`, and whether the token may see it."
    exit_code = 78


class IssueRefused(GitHubFailure):
    """The repository does not take the issue."""

    code = "NX-G07"
    title = "Issue refused"
    hint = "Turn the repository's issues on, or file the text of `nexus dlq issue` by hand."


class RateLimited(GitHubFailure):
    """GitHub takes nothing more for now."""

    code = "NX-G08"
    title = "Too many calls"
    hint = "Wait some minutes, an hour at most, and try again."


class GitHubSilent(GitHubFailure):
    """GitHub did not answer in time."""

    code = "NX-G09"
    title = "GitHub does not answer"
    hint = "It may have been filed all the same: look into the repository before you try again."


class GitHubUnreachable(GitHubFailure):
    """GitHub cannot be reached."""

    code = "NX-G10"
    title = "GitHub out of reach"
    hint = "Check the network, the proxy (HTTPS_PROXY) and GITHUB_API_URL; nothing was sent."


class NoServiceManager(EngineError):
    """No service manager is here that Nexus knows."""

    code = "NX-E60"
    title = "No systemd"
    hint = "`nexus install-service --dry-run` prints the unit; elsewhere have your service manager start `nexus run`."


class OutOfReach(NoServiceManager):
    """The service could not see the program it is to run."""

    code = "NX-E61"
    title = "Program out of reach"
    hint = "Install Nexus for the whole system (the .deb, or into /opt), name it with --executable, or make it a user's service with --user."
    exit_code = 78


class NotInstalled(NoServiceManager):
    """The unit cannot be written."""

    code = "NX-E62"
    title = "Service not installed"
    hint = "Call it as root, or make it a user's service with --user."


class ExporterFailure(EngineError):
    """Telemetry cannot be sent on."""

    code = "NX-T00"
    title = "Exporter failed"
    hint = "Documents go on; what is kept is sent once it can be."


class ExtraMissing(ExporterFailure):
    """The library that this exporter needs is not installed."""

    code = "NX-T01"
    title = "Exporter not installed"
    hint = "Install it: `pip install 'nexus-tui[otlp,sentry]'`, then start the engine again."


class BadReceiver(ExporterFailure):
    """The address cannot be sent to."""

    code = "NX-T02"
    title = "Exporter's address"
    hint = "Correct it with `nexus config set` or `nexus secrets set`, then start the engine again."


class ReceiverUnreachable(ExporterFailure):
    """The receiver is down, or refuses for now."""

    code = "NX-T03"
    title = "Receiver unreachable"
    hint = "Look at its address, its key and the network; it is tried again by itself, and what was missed is sent then."


class ReceiverUntrusted(ReceiverUnreachable):
    """The receiver shows a certificate of nobody whom this machine trusts."""

    code = "NX-T05"
    title = "Receiver not trusted"
    hint = "Add the authority that signed it to those of this system, or name its file in SSL_CERT_FILE; it is tried again by itself."


class ReceiverRefused(ExporterFailure):
    """The receiver will never take what was sent."""

    code = "NX-T04"
    title = "Receiver refused"
    hint = "These rows are passed over; `nexus trace logs` still has them."


class QueueStalled(EngineError):
    """A message waits longer than it should."""

    code = "NX-M01"
    title = "Queue does not move"
    hint = "Look at it with `nexus queues show`; it may be paused, or the machine too slow for what came in."


class DeadLettersWait(EngineError):
    """Messages were given up and wait for a decision."""

    code = "NX-M02"
    title = "Dead letters"
    hint = "Look at them with `nexus dlq ls`; requeue them once the cause is gone, or drop them."


class DiskLow(EngineError):
    """The disk fills up."""

    code = "NX-M03"
    title = "Little room on the disk"
    hint = "Make room: below the floor that `nexus doctor` shows nothing more is taken in."


class AgentError(EngineError):
    """A hop failed."""

    code = "NX-A00"
    title = "Agent failure"
    hint = "Requeue it once the cause is gone: `nexus dlq requeue`."


class AgentTimeout(AgentError):
    """The agent made no progress within its deadline."""

    code = "NX-A01"
    title = "Agent timed out"
    hint = "One very large document or a slow disk: raise the agent's timeout_ms, or requeue."


class AgentCrashed(AgentError):
    """The agent raised an error."""

    code = "NX-A02"
    title = "Agent failed"


class InvalidPayload(AgentError):
    """The payload does not fit the contract."""

    code = "NX-A03"
    title = "Invalid payload"
    hint = "The sender is of another version or broken; it is not retried."


class Interrupted(AgentError):
    """The process died several times while it worked on this document."""

    code = "NX-A04"
    title = "Crashed repeatedly"
    hint = "Keep the file, look at the log around those times, then requeue."


class ExtractionCrashed(AgentError):
    """Reading the file took more than it may: the sandbox was stopped, the file is kept."""

    code = "NX-A05"
    title = "Extraction stopped"
    hint = "The file is damaged or hostile; look at it, then drop the dead letter or requeue it."
