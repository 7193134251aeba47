//! That somebody can be rung, whatever the phone knows of a case.

use super::*;
use crate::device::Facts;
use crate::device::testing::enrolled;
use crate::engine::client::framework_key;
use crate::ids::{AgencyId, ClusterId};
use crate::record::envelope::Envelope;
use crate::record::kinds::case::CaseFacts;
use crate::record::schema::Fact;
use crate::record::value::Value;
use crate::store::Write;
use crate::store::memory::MemoryStore;

const CLUSTER: ClusterId = ClusterId::from_bytes([1; 16]);
const OTHER: ClusterId = ClusterId::from_bytes([8; 16]);
const ROSS: UserId = UserId::from_bytes([6; 16]);
const MHAIRI: UserId = UserId::from_bytes([7; 16]);
const ELSEWHERE: CaseId = CaseId::from_bytes([40; 16]);
const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn person_line(user: UserId, name: &str, cluster: ClusterId, role: &str) -> PersonLine {
    PersonLine {
        user,
        name: name.into(),
        agency: AgencyId::from_slug("health"),
        agency_name: "Health".into(),
        role: role.into(),
        phone: "01632 960020".into(),
        cluster,
        gone: false,
    }
}

fn set(shelf: Shelf, key: &[&[u8]], thing: &impl minicbor::Encode<()>) -> Write {
    Write::Set(shelf, key.concat(), minicbor::to_vec(thing).unwrap())
}

fn person_write(line: &PersonLine) -> Write {
    set(Shelf::Person, &[line.user.as_bytes(), line.cluster.as_bytes()], line)
}

/// A phone whose directory names Ross for a case that it has nothing of.
fn phone(framework: Option<&str>) -> Device<MemoryStore> {
    let mut store = enrolled("cluster_lead", &[CLUSTER]);
    let line = DirectoryLine {
        case: ELSEWHERE,
        cluster: CLUSTER,
        name: "Rory Muir".into(),
        school: "Glen Primary".into(),
        ring: Some(ROSS),
        harm_since: None,
    };
    let mut writes = vec![
        set(Shelf::Directory, &[ELSEWHERE.as_bytes()], &line),
        person_write(&person_line(ROSS, "Ross", OTHER, "manager")),
        person_write(&person_line(ROSS, "Ross", CLUSTER, "practitioner")),
        person_write(&person_line(MHAIRI, "Mhairi", CLUSTER, "cluster_lead")),
    ];
    writes
        .extend(framework.map(|name| {
            Write::Set(Shelf::Meta, framework_key(&CLUSTER), name.as_bytes().to_vec())
        }));
    store.commit(&writes).unwrap();
    Device::open(store).unwrap()
}

fn numbers(ring: &Ring) -> Vec<&str> {
    ring.emergency.iter().map(|it| it.number.as_str()).collect()
}

#[test]
fn a_case_that_is_only_in_the_directory_has_somebody_to_ring() {
    let phone = phone(Some("east-lothian"));
    let ring = phone.whom_to_ring(&ELSEWHERE, NOW);
    let lead = ring.lead.as_ref().unwrap();
    assert_eq!(
        (lead.user, lead.name.as_str(), lead.phone.as_str()),
        (ROSS, "Ross", "01632 960020")
    );
    assert_eq!(lead.role, "practitioner", "what they do where the case is");
    assert_eq!(numbers(&ring), ["999", "01632 960011"]);
    assert_eq!(ring.emergency[1].when, "Evenings, nights and weekends");
    let line = &phone.directory().unwrap()[0];
    assert_eq!(of_line(line, &phone.colleagues().unwrap()).as_ref(), Some(lead));
}

#[test]
fn who_leads_a_case_that_is_here_is_rung_before_whom_the_directory_names() {
    let mut phone = phone(Some("east-lothian"));
    let facts = CaseFacts { given_name: Some("Ailsa".into()), ..CaseFacts::default() };
    let case = phone.begin_case(CLUSTER, facts.entries(), NOW).unwrap().case;
    let team = Envelope::of_case(case, Compartment::Team);
    let lead = Facts::new(Fact::LeadProfessional, Value::Bytes(MHAIRI.as_bytes().to_vec()));
    phone.assert(&team, &lead, NOW).unwrap();
    let ring = phone.whom_to_ring(&case, NOW);
    assert_eq!(ring.lead.unwrap().name, "Mhairi");
    let gone = PersonLine { gone: true, ..person_line(MHAIRI, "Mhairi", CLUSTER, "cluster_lead") };
    let mut store = phone.into_store();
    store.commit(&[person_write(&gone)]).unwrap();
    let phone = Device::open(store).unwrap();
    assert_eq!(phone.whom_to_ring(&case, NOW).lead, None, "who left is not rung");
}

#[test]
fn there_are_numbers_for_a_case_that_nobody_knows() {
    let nowhere = CaseId::from_bytes([99; 16]);
    let ring = phone(Some("england-caf")).whom_to_ring(&nowhere, NOW);
    assert_eq!((ring.lead.is_none(), numbers(&ring)), (true, vec!["999", "01632 960031"]));
    let ring = phone(None).whom_to_ring(&nowhere, NOW);
    assert_eq!(numbers(&ring), ["999"], "nobody else's duty number, and each number once");
    let ring = phone(Some("england-caf")).whom_to_ring(&ELSEWHERE, Timestamp(0));
    assert_eq!(numbers(&ring).len(), 2, "also by a clock that is wrong");
}
