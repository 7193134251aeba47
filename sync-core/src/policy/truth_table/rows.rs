//! The expectation, written from the access rules and not from the code: who may do what in which
//! place. What no row allows is denied.
//!
//! Words of a cell; `a&b` asks both, a blank means "or":
//!
//! | word | who |
//! |---|---|
//! | `open` | to whom the place itself is open (see [`PLACES`]) |
//! | `team-open` | to whom the team's place is open, whatever place the record is in |
//! | `knows` | who may know of the case |
//! | `team` | in the team around the child, provisionally or by a joining too |
//! | `began` | in it provisionally |
//! | `lp` | the lead professional in force |
//! | `named` | named to read protection |
//! | `lead` | cluster lead or deputy |
//! | `agency-lead` | leads the agency that the person works for |
//! | `sw-lead` | leads social work |
//! | `practitioner`, `duty`, `designated`, `governance` | has that role in the case's cluster |
//! | `works` | practitioner, agency lead, cluster lead, deputy, duty or designated officer of the cluster |
//! | `author` | wrote the record, and `works` |
//! | `consent` | consent covers the person's agency |
//! | `shut` | the team's place is not open to them |
//! | `no-lead` | no lead professional is in force |
//! | `none-named` | nobody is named to protection |
//! | `unshielded` | the case is not shielded |

/// To whom a place is open: the team's, the person's own agency's, another agency's, protection.
pub(super) const PLACES: [&str; 4] = [
    "team&consent lead&consent agency-lead&on-case&consent",
    "team agency-lead&on-case agency-lead&has-records",
    "",
    "named",
];

/// Who may know of a case: nobody who is excluded, or a chief officer or administrator anywhere.
pub(super) const KNOWS: &str = "team named unshielded&lead unshielded&agency-lead&on-case \
    unshielded&agency-lead&has-records unshielded&practitioner unshielded&duty \
    unshielded&governance";

/// (what, in the team's place, own agency's, another agency's, protection)
pub(super) type Row = (&'static str, [&'static str; 4]);

const OPEN: [&str; 4] = ["open"; 4];
const OPEN_OR_AUTHOR: [&str; 4] = ["open author"; 4];
const NOBODY: [&str; 4] = [""; 4];
const REVIEWER: [&str; 4] = ["open&lead", "open&agency-lead", "", "open"];

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    ("find",                             ["knows"; 4]),
    ("read",                             OPEN),
    ("read a concern or request",        OPEN_OR_AUTHOR),
    ("read by glass",                    ["duty practitioner&consent", "", "", ""]),
    ("read by request",                  ["governance"; 4]),
    ("break the glass",                  ["shut&duty shut&practitioner&consent"; 4]),
    ("see conflict",                     OPEN),
    ("count conflicts",                  ["open", "open lead", "open lead", "open"]),

    ("create",                           OPEN),
    ("create concern",                   ["open", "open works", "", "open works"]),
    ("create case",                      NOBODY),
    ("write",                            OPEN),
    ("say more of a concern",            OPEN_OR_AUTHOR),
    ("say what the form does not have",  NOBODY),

    ("assert stage, lead or named person", ["open&lp open&lead", "", "", ""]),
    ("assert consent or state",          ["open", "", "", ""]),
    ("change the team",                  ["open&lp open&lead&no-lead", "", "", ""]),
    ("leave the team",                   ["team open&lead&no-lead", "", "", ""]),
    ("stay provisional",                 ["open&began open&lp open&lead&no-lead", "", "", ""]),
    ("shield",                           ["open", "", "", ""]),
    ("lift the shield",                  ["open&named open&lp&none-named open&lead&none-named", "", "", ""]),
    ("name",                             ["", "", "", "named lead&none-named"]),
    ("name oneself",                     ["", "", "", "named"]),
    ("take a name off",                  ["", "", "", "named"]),
    ("exclude or admit",                 ["", "", "", "named"]),
    ("say a confidential address",       ["", "", "", "named team-open"]),
    ("assert another fact",              OPEN),
    ("say of harm, or open a concern",   OPEN_OR_AUTHOR),
    ("close a concern",                  ["open&lead open&lp", "open&agency-lead", "", "open"]),
    ("assert what the kind has not",     NOBODY),

    ("settle own stage or lead",         ["open&lead open&lp", "", "", ""]),
    ("settle stage, lead or consent",    ["open&lead", "", "", ""]),
    ("settle own consent",               ["open", "", "", ""]),
    ("settle own safety",                OPEN),
    ("settle safety",                    REVIEWER),
    ("settle harm or what is routine",   NOBODY),
    ("replace harm",                     ["open&lead open&sw-lead open&designated"; 4]),
    ("replace harm, rival's author",     NOBODY),
    ("join",                             ["open&lp&unshielded", "", "", ""]),
    ("take a joining back",              ["open&lp open&lead", "", "", ""]),
    ("join what is no case",             NOBODY),
    ("review",                           REVIEWER),

    ("share own with team",              ["team-open&open", "team-open&open", "", ""]),
    ("share with team",                  ["team-open&open&lead", "team-open&open&agency-lead", "", ""]),
    ("share own with agency",            ["open", "open", "", ""]),
    ("share with agency",                ["open&lead", "open&agency-lead", "", ""]),
    ("share with whom nobody asked",     NOBODY),
    ("share into protection",            NOBODY),
    ("move own",                         OPEN),
    ("move own concern",                 OPEN_OR_AUTHOR),
    ("move",                             REVIEWER),
    ("move a case's own record",         NOBODY),
];
