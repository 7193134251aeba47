//! The expectation: for each action and compartment, the people to whom it is open, as letters of
//! [`PEOPLE`]. Written from the access rules, not from the code.

use super::Role;

/// One letter a person: their role, agency, and how they stand to the case.
pub(super) struct Person {
    pub(super) letter: char,
    pub(super) role: Role,
    pub(super) agency: &'static str,
    pub(super) relation: Relation,
}

/// How a person of the table stands to its case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Relation {
    None,
    Provisional,
    Member,
    LeadProfessional,
    NamedPerson,
    MemberNamed,
    NamedOnly,
    MemberOfAnotherCluster,
}

const fn person(letter: char, role: Role, agency: &'static str, relation: Relation) -> Person {
    Person { letter, role, agency, relation }
}

/// Health and social work are on the case; housing only left a record; police have no part in it.
pub(super) const PEOPLE: &[Person] = &[
    person('p', Role::Practitioner, "health", Relation::Provisional),
    person('m', Role::Practitioner, "health", Relation::Member),
    person('l', Role::Practitioner, "social-work", Relation::LeadProfessional),
    person('u', Role::Practitioner, "health", Relation::NamedPerson),
    person('n', Role::Practitioner, "health", Relation::MemberNamed),
    person('N', Role::Practitioner, "police", Relation::NamedOnly),
    person('D', Role::Duty, "health", Relation::Member),
    person('a', Role::AgencyLead, "social-work", Relation::None),
    person('r', Role::AgencyLead, "housing", Relation::None),
    person('b', Role::AgencyLead, "police", Relation::None),
    person('c', Role::ClusterLead, "integration", Relation::None),
    person('d', Role::Deputy, "integration", Relation::None),
    // Somebody removed from the team is a stranger again: 's'.
    person('s', Role::Practitioner, "health", Relation::None),
    person('x', Role::Practitioner, "police", Relation::None),
    person('g', Role::Duty, "integration", Relation::None),
    person('G', Role::Governance, "integration", Relation::None),
    person('V', Role::Governance, "health", Relation::Member),
    person('f', Role::Chief, "health", Relation::None),
    person('F', Role::Chief, "health", Relation::Member),
    person('A', Role::Admin, "health", Relation::None),
    person('B', Role::Admin, "health", Relation::MemberNamed),
    person('o', Role::Practitioner, "health", Relation::MemberOfAnotherCluster),
];

/// Who keeps their rights when the case is shielded: its team and its named people.
pub(super) const INSIDE: &str = "pmlunND";
/// Who may know of the case when it is not.
pub(super) const AWARE: &str = "pmlunNDarcdsxgGV";

/// Where a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum At {
    Team,
    Health,
    SocialWork,
    Housing,
    Protection,
}

/// (action, where, open to, open to while consent does not cover the person's own agency)
pub(super) type Row = (&'static str, At, &'static str, &'static str);

const TEAM: &str = "pmlunDacd";
const HEALTH: &str = "pmunD";
const WORKERS: &str = "pmlunNDarcdsxg";

use At::{Health, Housing, Protection, SocialWork, Team};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    ("find",                    Team,       AWARE,    AWARE),
    ("read",                    Team,       TEAM,     ""),
    ("read",                    Health,     HEALTH,   HEALTH),
    ("read",                    SocialWork, "la",     "la"),
    ("read",                    Housing,    "r",      "r"),
    ("read",                    Protection, "nN",     "nN"),
    ("read own concern",        Team,       WORKERS,  WORKERS),
    ("read own concern",        Housing,    WORKERS,  WORKERS),
    ("read own concern",        Protection, WORKERS,  WORKERS),
    ("read own request",        Health,     WORKERS,  WORKERS),
    ("read own visit",          Team,       TEAM,     ""),
    ("read own visit",          Health,     HEALTH,   HEALTH),
    ("read by glass",           Team,       "pmlunNDsxg", "Dg"),
    ("read by glass",           Health,     "",       ""),
    ("read by glass",           Protection, "",       ""),
    ("read by request",         Team,       "GV",     "GV"),
    ("read by request",         Health,     "GV",     "GV"),
    ("read by request",         Protection, "GV",     "GV"),
    ("break the glass",         Team,       "Nsxg",   "Dg"),
    ("see conflict",            Team,       TEAM,     ""),
    ("see conflict",            Health,     HEALTH,   HEALTH),
    ("see conflict",            SocialWork, "la",     "la"),
    ("see conflict",            Protection, "nN",     "nN"),
    ("count conflicts",         Team,       TEAM,     ""),
    ("count conflicts",         Health,     "pmunDcd", "pmunDcd"),
    ("count conflicts",         SocialWork, "lacd",   "lacd"),
    ("count conflicts",         Housing,    "rcd",    "rcd"),
    ("count conflicts",         Protection, "nN",     "nN"),

    ("create",                  Team,       TEAM,     ""),
    ("create",                  Health,     HEALTH,   HEALTH),
    ("create",                  SocialWork, "la",     "la"),
    ("create",                  Housing,    "r",      "r"),
    ("create",                  Protection, "nN",     "nN"),
    ("create concern",          Team,       TEAM,     ""),
    ("create concern",          Health,     "pmunDs", "pmunDs"),
    ("create concern",          SocialWork, "la",     "la"),
    ("create concern",          Housing,    "r",      "r"),
    ("create concern",          Protection, WORKERS,  WORKERS),
    ("create case",             Team,       "",       ""),
    ("create case",             Protection, "",       ""),
    ("amend",                   Team,       TEAM,     ""),
    ("amend",                   Health,     HEALTH,   HEALTH),
    ("amend",                   SocialWork, "la",     "la"),
    ("amend",                   Housing,    "r",      "r"),
    ("amend",                   Protection, "nN",     "nN"),
    ("sign",                    Team,       TEAM,     ""),
    ("sign",                    SocialWork, "la",     "la"),
    ("sign",                    Protection, "nN",     "nN"),
    ("sign own concern",        Protection, WORKERS,  WORKERS),
    ("say whom one told",       Protection, WORKERS,  WORKERS),
    ("decide on own concern",   Protection, "nN",     "nN"),
    ("decide on own concern",   Team,       TEAM,     ""),
    ("a fact as an entry",      Team,       "",       ""),
    ("an unknown collection",   Team,       "",       ""),

    ("assert stage",            Team,       "lcd",    ""),
    ("assert stage",            SocialWork, "",       ""),
    ("assert stage",            Protection, "",       ""),
    ("assert lead",             Team,       "lcd",    ""),
    ("assert school",           Team,       TEAM,     ""),
    ("assert school",           Health,     HEALTH,   HEALTH),
    ("assert school",           SocialWork, "la",     "la"),
    ("assert school",           Protection, "nN",     "nN"),
    ("give consent",            Team,       TEAM,     ""),
    ("give consent",            SocialWork, "",       ""),
    ("a fact of another kind",  Team,       "",       ""),
    ("add member",              Team,       "l",      ""),
    ("add member",              SocialWork, "",       ""),
    ("add oneself",             Team,       "l",      ""),
    ("add member, no lead",     Team,       "cd",     ""),
    ("leave",                   Team,       "pmlunD", "pmlunD"),
    ("remove member",           Team,       "l",      ""),
    ("stay provisional",        Team,       "pl",     ""),
    ("shield",                  Team,       TEAM,     ""),
    ("shield",                  Protection, "",       ""),
    ("lift shield",             Team,       "n",      ""),
    ("lift shield, none named", Team,       "lcd",    ""),
    ("name",                    Protection, "nN",     "nN"),
    ("name",                    Team,       "",       ""),
    ("name, none named",        Protection, "cd",     "cd"),
    ("name oneself, none named", Protection, "",      ""),
    ("exclude",                 Protection, "nN",     "nN"),
    ("exclude",                 Team,       "",       ""),
    ("exclude, none named",     Protection, "",       ""),
    ("admit again",             Protection, "nN",     "nN"),
    ("confidential address",    Protection, "pmlunNDacd", "nN"),
    ("confidential address",    Team,       "",       ""),
    ("confidential address",    Health,     "",       ""),

    ("harm yes",                Team,       TEAM,     ""),
    ("harm yes",                Protection, "nN",     "nN"),
    ("harm yes, own",           Protection, WORKERS,  WORKERS),
    ("harm no",                 Team,       TEAM,     ""),
    ("harm no, own",            Protection, WORKERS,  WORKERS),
    ("close concern",           Team,       "lcd",    ""),
    ("close concern",           Health,     "",       ""),
    ("close concern",           SocialWork, "a",      "a"),
    ("close concern",           Housing,    "r",      "r"),
    ("close concern",           Protection, "nN",     "nN"),
    ("reopen concern",          Health,     HEALTH,   HEALTH),
    ("settle own status",       Team,       TEAM,     ""),
    ("settle own status",       Health,     HEALTH,   HEALTH),
    ("settle own status",       Protection, "nN",     "nN"),
    ("settle status",           Team,       "cd",     ""),
    ("settle status",           Health,     "",       ""),
    ("settle status",           SocialWork, "a",      "a"),
    ("settle status",           Housing,    "r",      "r"),
    ("settle status",           Protection, "nN",     "nN"),
    ("settle own stage",        Team,       "lcd",    ""),
    ("settle school",           Team,       "",       ""),
    ("settle harm",             Team,       "",       ""),
    ("replace harm",            Team,       "acd",    ""),
    ("replace harm",            Health,     "",       ""),
    ("replace harm",            SocialWork, "a",      "a"),
    ("replace harm",            Housing,    "",       ""),
    ("replace harm",            Protection, "",       ""),
    ("replace harm, rival's author", Team,  "",       ""),
    ("join",                    Team,       "l",      ""),
    ("join",                    SocialWork, "",       ""),
    ("join",                    Protection, "",       ""),
    ("take a joining back",     Team,       "lcd",    ""),
    ("join by an entry",        Team,       "",       ""),
    ("review",                  Team,       "cd",     ""),
    ("review",                  Health,     "",       ""),
    ("review",                  SocialWork, "a",      "a"),
    ("review",                  Housing,    "r",      "r"),
    ("review",                  Protection, "nN",     "nN"),

    ("share own with team",     SocialWork, "la",     ""),
    ("share own with team",     Housing,    "",       ""),
    ("share own with team",     Protection, "",       ""),
    ("share old own with team", SocialWork, "a",      ""),
    ("share with team",         SocialWork, "a",      ""),
    ("share own with agency",   Team,       TEAM,     ""),
    ("share own with agency",   Housing,    "r",      "r"),
    ("share with agency",       Team,       "cd",     ""),
    ("share own with stranger", Team,       "",       ""),
    ("send own request",        SocialWork, "la",     "la"),
    ("re-home own",             Team,       TEAM,     ""),
    ("re-home own",             Health,     HEALTH,   HEALTH),
    ("re-home own concern",     Protection, WORKERS,  WORKERS),
    ("re-home old own concern", Protection, "nN",     "nN"),
    ("re-home old own",         Team,       "cd",     ""),
    ("re-home",                 SocialWork, "a",      "a"),
    ("re-home",                 Protection, "nN",     "nN"),
    ("re-home case",            Team,       "",       ""),
];
