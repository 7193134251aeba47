//! Who works with the area's children, for which agency and in which role.

use std::collections::BTreeMap;

use crate::demo::area::Cluster;
use crate::demo::{Dice, names};

/// An agency of the area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agency {
    /// Schools and their support.
    Education,
    /// Health visitors, school nurses, therapists.
    Health,
    /// Children's social work.
    SocialWork,
    /// The police.
    Police,
    /// A charity that works with families.
    Charity,
    /// The area's integration team.
    IntegrationTeam,
    /// The council's housing service.
    Housing,
    /// Youth justice.
    YouthJustice,
}

impl Agency {
    /// Every agency.
    pub const ALL: [Self; 8] = [
        Self::Education,
        Self::Health,
        Self::SocialWork,
        Self::Police,
        Self::Charity,
        Self::IntegrationTeam,
        Self::Housing,
        Self::YouthJustice,
    ];

    /// What its id is made from (`AgencyId::from_slug`).
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Education => "education",
            Self::Health => "health",
            Self::SocialWork => "social-work",
            Self::Police => "police",
            Self::Charity => "voluntary",
            Self::IntegrationTeam => "integration-team",
            Self::Housing => "housing",
            Self::YouthJustice => "youth-justice",
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Education => "Education",
            Self::Health => "Health",
            Self::SocialWork => "Social work",
            Self::Police => "Police",
            Self::Charity => "Lanternhouse Families",
            Self::IntegrationTeam => "Integration team",
            Self::Housing => "Housing",
            Self::YouthJustice => "Youth justice",
        }
    }

    /// Its field workers' jobs and how many a cluster has of them, at least and at most.
    const fn field(self) -> (&'static [&'static str], i32, i32) {
        match self {
            Self::Education => (
                &[
                    "support for learning teacher",
                    "home-school link worker",
                    "educational psychologist",
                    "pupil support assistant",
                ],
                10,
                18,
            ),
            Self::Health => {
                (&["school nurse", "speech and language therapist", "mental health worker"], 7, 13)
            }
            Self::SocialWork => (&["social worker", "family support worker"], 8, 14),
            Self::Police => (&["community police officer", "youth liaison officer"], 2, 4),
            Self::Charity => (&["family worker", "young carers' worker", "befriender"], 4, 9),
            Self::IntegrationTeam => (&["integration worker", "transition worker"], 4, 8),
            Self::Housing => (&["housing officer"], 2, 4),
            Self::YouthJustice => (&["youth justice worker"], 2, 4),
        }
    }
}

/// What somebody may do, beyond being on a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Works with children.
    FieldWorker,
    /// The single contact in a universal service.
    NamedPerson,
    /// Leads one agency's people in a cluster.
    AgencyLead,
    /// Reviews the cluster's merged caseload.
    ClusterLead,
    /// Stands in for the cluster lead.
    Deputy,
    /// Out of hours, for the whole authority.
    DutyOfficer,
    /// Sees published summaries only.
    ChiefOfficer,
    /// Allegations against adults.
    DesignatedOfficer,
    /// Audit, access requests, erasure.
    InformationGovernance,
    /// People, devices, agencies.
    Administrator,
}

/// Somebody who works with the area's children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practitioner {
    /// First name.
    pub given: &'static str,
    /// Family name.
    pub family: String,
    /// What they sign in as; nobody else's.
    pub login: String,
    /// Whom they work for.
    pub agency: Agency,
    /// What they may do.
    pub role: Role,
    /// What they are.
    pub job: &'static str,
    /// Where they work; all clusters for those who serve the whole authority.
    pub clusters: Vec<usize>,
    /// The school whose pupils they are named person for.
    pub school: Option<usize>,
}

impl Practitioner {
    /// First and family name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// Staffs the clusters and the authority: between 60 and 120 people a cluster.
#[must_use]
pub fn employ(dice: &mut Dice, clusters: &[Cluster]) -> Vec<Practitioner> {
    let mut staff = Staff { dice, people: Vec::new(), logins: BTreeMap::new() };
    for (at, cluster) in clusters.iter().enumerate() {
        staff.leads(at);
        staff.named_persons(at, cluster);
        staff.field_workers(at, clusters.len());
    }
    staff.authority((0..clusters.len()).collect());
    staff.people
}

struct Staff<'a> {
    dice: &'a mut Dice,
    people: Vec<Practitioner>,
    logins: BTreeMap<String, u32>,
}

impl Staff<'_> {
    fn leads(&mut self, cluster: usize) {
        let here = || vec![cluster];
        self.hire(Agency::IntegrationTeam, Role::ClusterLead, "cluster lead", here(), None);
        self.hire(Agency::Education, Role::Deputy, "deputy cluster lead", here(), None);
        for agency in Agency::ALL {
            self.hire(agency, Role::AgencyLead, "agency lead", here(), None);
        }
    }

    fn named_persons(&mut self, at: usize, cluster: &Cluster) {
        let role = Role::NamedPerson;
        for school in &cluster.primaries {
            self.hire(Agency::Education, role, "head teacher", vec![at], Some(*school));
        }
        for _ in 0..self.dice.between(5, 8) {
            let school = Some(cluster.secondary);
            self.hire(Agency::Education, role, "guidance teacher", vec![at], school);
        }
        for _ in 0..self.dice.between(4, 7) {
            self.hire(Agency::Health, role, "health visitor", vec![at], None);
        }
    }

    fn field_workers(&mut self, cluster: usize, clusters: usize) {
        for agency in Agency::ALL {
            let (jobs, least, most) = agency.field();
            for n in 0..self.dice.between(least, most) as usize {
                let mut places = vec![cluster];
                if clusters > 1 && self.dice.chance(8) {
                    places.push((cluster + 1) % clusters);
                }
                self.hire(agency, Role::FieldWorker, jobs[n % jobs.len()], places, None);
            }
        }
    }

    fn authority(&mut self, all: Vec<usize>) {
        let posts = [
            (Agency::SocialWork, Role::DutyOfficer, "duty social worker"),
            (Agency::SocialWork, Role::DutyOfficer, "duty social worker"),
            (Agency::Police, Role::DutyOfficer, "duty sergeant"),
            (Agency::Education, Role::ChiefOfficer, "head of education"),
            (Agency::SocialWork, Role::ChiefOfficer, "chief social work officer"),
            (Agency::SocialWork, Role::DesignatedOfficer, "designated officer"),
            (Agency::Education, Role::InformationGovernance, "information governance officer"),
            (Agency::Education, Role::Administrator, "systems administrator"),
            (Agency::Health, Role::Administrator, "systems administrator"),
        ];
        for (agency, role, job) in posts {
            self.hire(agency, role, job, all.clone(), None);
        }
    }

    fn hire(
        &mut self,
        agency: Agency,
        role: Role,
        job: &'static str,
        clusters: Vec<usize>,
        school: Option<usize>,
    ) {
        let woman = self.dice.chance(70);
        let given = names::adult(self.dice, woman);
        let family = names::family(self.dice);
        let login = self.login(given, &family);
        self.people.push(Practitioner {
            given,
            family,
            login,
            agency,
            role,
            job,
            clusters,
            school,
        });
    }

    fn login(&mut self, given: &str, family: &str) -> String {
        let base = format!("{given}.{family}").to_lowercase();
        let taken = self.logins.entry(base.clone()).or_default();
        *taken += 1;
        if *taken == 1 { base } else { format!("{base}{taken}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Area;
    use std::collections::BTreeSet;

    #[test]
    fn each_cluster_is_staffed_and_led() {
        let area = Area::invent(3, jiff::civil::date(2026, 11, 22));
        for (at, cluster) in area.clusters.iter().enumerate() {
            let own = area.practitioners.iter().filter(|who| who.clusters.first() == Some(&at));
            let own = own.filter(|who| who.clusters.len() < 6).count();
            assert!((60..=120).contains(&own), "{own} in {}", cluster.name);
            let count = |role| area.staff(at, role).count();
            assert_eq!((count(Role::ClusterLead), count(Role::Deputy)), (1, 1));
            assert_eq!(count(Role::AgencyLead), Agency::ALL.len());
            assert!(count(Role::DutyOfficer) > 0 && count(Role::ChiefOfficer) > 0);
            for school in cluster.primaries.iter().chain([&cluster.secondary]) {
                let mut named = area.practitioners.iter().filter(|who| who.school == Some(*school));
                assert!(named.all(|who| who.role == Role::NamedPerson && who.clusters == [at]));
                assert!(area.practitioners.iter().any(|who| who.school == Some(*school)));
            }
        }
    }

    #[test]
    fn nobody_signs_in_as_somebody_else() {
        for seed in 0..20 {
            let area =
                employ(&mut Dice::new(seed, crate::demo::Part::Area), &[cluster(), cluster()]);
            let logins: BTreeSet<&str> = area.iter().map(|who| who.login.as_str()).collect();
            assert_eq!(logins.len(), area.len());
        }
    }

    fn cluster() -> Cluster {
        Cluster { name: "Dunmarrow".to_owned(), secondary: 0, primaries: vec![1, 2] }
    }
}
