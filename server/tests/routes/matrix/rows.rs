//! Who is answered how, route by route. Letters are people ([`super::crowd`]); `ROWAN`, `IRIS`,
//! `WORK`, `HERE`, `TAM`, Tam's `PHONE` and Mairi's `PHOTO` of Rowan's visit in a path stand for the ids of things that are there.

/// A request, to whom it is open, and what everybody is told.
pub(super) struct Row {
    pub(super) method: &'static str,
    /// As the interface's description spells it.
    pub(super) route: &'static str,
    pub(super) path: &'static str,
    pub(super) body: &'static str,
    /// To whom it is open; `*` for everybody who is signed in, `**` for everybody.
    open: &'static str,
    /// What they are told.
    pub(super) then: u16,
    /// What others are told who are signed in.
    pub(super) otherwise: u16,
    /// Who is not asked, since their request would change something.
    spared: &'static str,
}

pub(super) const NAMES: [&str; 7] = ["ROWAN", "IRIS", "WORK", "HERE", "TAM", "PHONE", "PHOTO"];

impl Row {
    /// Whether this person asks it.
    pub(super) fn is_asked_by(&self, who: char) -> bool {
        !self.spared.contains(who)
    }

    pub(super) fn is_open_to(&self, who: char) -> bool {
        match self.open {
            "**" => true,
            "*" => who != '-',
            letters => letters.contains(who),
        }
    }

    pub(super) fn expects(&self, who: char) -> u16 {
        match who {
            _ if self.is_open_to(who) => self.then,
            '-' => 401,
            _ => self.otherwise,
        }
    }

    /// Whether it names something whose being there could be guessed at.
    pub(super) fn names_something(&self) -> bool {
        NAMES.iter().any(|name| self.path.contains(name))
    }
}

const fn get(
    route: &'static str,
    path: &'static str,
    (open, then, otherwise): (&'static str, u16, u16),
) -> Row {
    Row { method: "get", route, path, body: "", open, then, otherwise, spared: "" }
}

const fn post(
    route: &'static str,
    path: &'static str,
    body: &'static str,
    (open, then, otherwise): (&'static str, u16, u16),
) -> Row {
    Row { method: "post", route, path, body, open, then, otherwise, spared: "" }
}

const fn put(
    route: &'static str,
    path: &'static str,
    body: &'static str,
    (open, then, otherwise): (&'static str, u16, u16),
) -> Row {
    Row { method: "put", ..post(route, path, body, (open, then, otherwise)) }
}

const fn spared(row: Row, spared: &'static str) -> Row {
    Row { spared, ..row }
}

/// Whoever works with cases, in this cluster or the next.
const WORKS: &str = "mtlnwxrscabLDdo";
/// The same, here.
const WORKS_HERE: &str = "mtlnwxrscabLDd";
/// To whom anything of Rowan's case is open.
const READS: &str = "mtlnraLD";
/// Who may know of it.
const KNOWS: &str = "mtlnwrscaLDdG";
/// Everybody signed in is answered alike.
const ALL: (&str, u16, u16) = ("*", 200, 200);
/// Everybody is asked for a reason first, whether or not there is anything to decide.
const NO_REASON: &str = r#"{"reason":" "}"#;
const REASON: &str = r#"{"reason":"Agreed by telephone."}"#;
/// Who reviews the team's.
const REVIEWERS: &str = "LD";
const GLASS: &str = "/v1/cases/{case}/glass";
const MARK: &str = "/v1/devices/{id}/mark";
const STOLEN: &str = r#"{"state":"stolen"}"#;
const CONFIRM: &str = "/v1/posts/proposals/{id}/confirm";
const DECLINE: &str = "/v1/posts/proposals/{id}/decline";
/// Of somebody who does not exist: an administrator is told so, others that there is no such place.
const POST_HERE: &str =
    r#"{"sign_in":"nobody.at.all","cluster":"Preston Lodge","agency":"health","role":"duty"}"#;
/// Of somebody who does not exist, as above.
const END_HERE: &str = r#"{"sign_in":"nobody.at.all","cluster":"Preston Lodge","role":"duty"}"#;
/// To whom the team's records are open.
const READS_TEAM: &str = "mtlaLD";
const ATTACHMENT: &str = "/v1/attachments/{record}";
const RECEIVED: &str = "/v1/attachments/{record}/received";
const RELEASE: &str = "/v1/quarantine/{id}/release";
const GIVE_BACK: &str = "/v1/quarantine/{id}/give-back";

pub(super) const ROWS: &[Row] = &[
    get("/healthz", "/healthz", ("**", 200, 200)),
    get("/readyz", "/readyz", ("**", 200, 200)),
    get("/metrics", "/metrics", ("**", 200, 200)),
    // Nobody is another server.
    get("/v1/contributions", "/v1/contributions?after=0", ("**", 403, 403)),
    post("/v1/enrol", "/v1/enrol", "{}", ("**", 400, 400)),
    post("/v1/sign-in", "/v1/sign-in", "{}", ("**", 400, 400)),
    post("/v1/token", "/v1/token", "{}", ("**", 400, 400)),
    get("/v1/me", "/v1/me", ALL),
    post("/v1/sync", "/v1/sync", "not a stream", ("mtlnwxrscabLDdo", 400, 403)),
    get("/v1/sync/wait", "/v1/sync/wait?seconds=0", ALL),
    get("/v1/directory", "/v1/directory?name=kerr", ALL),
    get("/v1/directory", "/v1/directory?name=shaw", ALL),
    get("/v1/caseload", "/v1/caseload", (WORKS, 200, 404)),
    get("/v1/caseload", "/v1/caseload?after=ROWAN", ("mtlnwrscaLDd", 200, 404)),
    get("/v1/caseload", "/v1/caseload?after=IRIS", ("m", 200, 404)),
    get("/v1/caseload", "/v1/caseload?cluster=HERE", (WORKS_HERE, 200, 404)),
    get("/v1/cases/{case}", "/v1/cases/ROWAN", (READS, 200, 404)),
    get("/v1/cases/{case}", "/v1/cases/IRIS", ("m", 200, 404)),
    get("/v1/cases/{case}/chronology", "/v1/cases/ROWAN/chronology", (READS, 200, 404)),
    get("/v1/cases/{case}/chronology", "/v1/cases/IRIS/chronology", ("m", 200, 404)),
    get(ATTACHMENT, "/v1/attachments/PHOTO", (READS_TEAM, 200, 404)),
    get(ATTACHMENT, "/v1/attachments/PHOTO?from=40", (READS_TEAM, 200, 404)),
    get(RECEIVED, "/v1/attachments/PHOTO/received", ("m", 200, 404)),
    put(ATTACHMENT, "/v1/attachments/PHOTO?from=99999999", "bytes", ("m", 409, 404)),
    post(GLASS, "/v1/cases/IRIS/glass", NO_REASON, ("m", 409, 404)),
    spared(post(GLASS, "/v1/cases/ROWAN/glass", NO_REASON, ("", 404, 404)), KNOWS),
    get("/v1/audit", "/v1/audit", ("G", 200, 403)),
    get("/v1/audit.csv", "/v1/audit.csv", ("G", 200, 403)),
    get("/v1/devices", "/v1/devices", ALL),
    get("/v1/devices/untrusted", "/v1/devices/untrusted", ALL),
    spared(post(MARK, "/v1/devices/PHONE/mark", STOLEN, ("", 404, 404)), "tLDA"),
    post("/v1/erased", "/v1/erased", "{}", ("**", 400, 400)),
    post("/v1/surrender", "/v1/surrender", "not a stream", ("**", 400, 400)),
    get("/v1/returned", "/v1/returned", ALL),
    post("/v1/posts", "/v1/posts", POST_HERE, ("A", 400, 404)),
    post("/v1/posts/end", "/v1/posts/end", END_HERE, ("A", 400, 404)),
    get("/v1/posts/proposals", "/v1/posts/proposals", ALL),
    post(CONFIRM, "/v1/posts/proposals/WORK/confirm", "", ("", 404, 404)),
    post(DECLINE, "/v1/posts/proposals/WORK/decline", "", ("", 404, 404)),
    get("/v1/alarms", "/v1/alarms", ALL),
    post("/v1/alarms/{id}/hear", "/v1/alarms/WORK/hear", "", ("", 404, 404)),
    get("/v1/conflicts", "/v1/conflicts", ALL),
    get("/v1/notices", "/v1/notices", ALL),
    get("/v1/quarantine", "/v1/quarantine", ALL),
    post(RELEASE, "/v1/quarantine/WORK/release", NO_REASON, ("*", 400, 400)),
    post(GIVE_BACK, "/v1/quarantine/WORK/give-back", NO_REASON, ("*", 400, 400)),
    spared(post(RELEASE, "/v1/quarantine/WORK/release", REASON, ("", 404, 404)), REVIEWERS),
    spared(post(GIVE_BACK, "/v1/quarantine/WORK/give-back", REASON, ("", 404, 404)), REVIEWERS),
    get("/v1/handover", "/v1/handover?from=TAM", ("LD", 200, 403)),
    get("/v1/summary", "/v1/summary", ("mtlnwxrscabLDdoC", 200, 403)),
];

/// People who may know of Rowan's case: the directory's answer is about them.
pub(super) const MAY_FIND: &str = KNOWS;
