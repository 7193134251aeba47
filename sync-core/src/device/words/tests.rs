//! What a framework allows, before it is written.

use super::*;
use crate::device::Facts;
use crate::device::testing::enrolled;
use crate::engine::client::framework_key;
use crate::ids::ClusterId;
use crate::record::envelope::Envelope;
use crate::record::kinds::case::CaseFacts;
use crate::store::memory::MemoryStore;
use crate::store::{Shelf, Write};

const CLUSTER: ClusterId = ClusterId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn phone(framework: Option<&str>) -> (Device<MemoryStore>, CaseId) {
    let mut store = enrolled("cluster_lead", &[CLUSTER]);
    let named = framework
        .map(|name| Write::Set(Shelf::Meta, framework_key(&CLUSTER), name.as_bytes().to_vec()));
    store.commit(&named.into_iter().collect::<Vec<_>>()).unwrap();
    let mut phone = Device::open(store).unwrap();
    let facts = CaseFacts { given_name: Some("Ailsa".into()), ..CaseFacts::default() };
    let case = phone.begin_case(CLUSTER, facts.entries(), NOW).unwrap().case;
    (phone, case)
}

#[test]
fn a_case_speaks_in_its_stages_framework_or_in_its_authoritys() {
    let (phone, case) = phone(None);
    assert_eq!(phone.framework_in_use(&case), None, "then a person says which");
    let (mut phone, case) = self::phone(Some("east-lothian"));
    assert_eq!(phone.framework_in_use(&case).as_deref(), Some("east-lothian"));
    let stage = Facts { framework: Some("england-caf".into()), ..Facts::new(Fact::Stage, "2") };
    phone.assert(&Envelope::of_case(case, Compartment::Team), &stage, NOW).unwrap();
    assert_eq!(phone.framework_in_use(&case).as_deref(), Some("england-caf"));
    let asked = phone.framework_for(&case, Some("east-lothian")).unwrap();
    assert_eq!(asked.as_deref(), Some("east-lothian"));
    let unknown = phone.framework_for(&case, Some("Ailsa Muir")).unwrap_err();
    let known = vec!["east-lothian".into(), "england-caf".into(), "four-stage-neighbour".into()];
    assert_eq!(unknown, WordError::UnknownFramework { known });
    assert!(!unknown.to_string().contains("Ailsa"), "what was typed may be anything");
}

#[test]
fn a_word_that_the_framework_does_not_have_is_refused_with_those_that_it_has() {
    let (phone, case) = phone(Some("east-lothian"));
    let check = |fact, word| phone.check_word("east-lothian", fact, word, NOW);
    assert_eq!(check(Fact::Stage, "2"), Ok(()));
    assert_eq!(check(Fact::GivenName, "Ailsa"), Ok(()), "not in a framework's words");
    let refused = check(Fact::Stage, "7 or 8").unwrap_err();
    assert_eq!(refused.to_string(), "east-lothian has no such stage; it has 1, 2, 3");
    let offered = phone.words_for("east-lothian", Fact::LegalStatus, NOW).unwrap();
    assert!(!offered.is_empty());
    for word in &offered {
        assert_eq!(check(Fact::LegalStatus, &word.code), Ok(()), "what is offered is taken");
    }
    assert!(check(Fact::LegalStatus, "Ailsa Muir").is_err());
    assert!(phone.words_for("east-lothian", Fact::School, NOW).is_none());
    assert!(phone.check_listed(&case, "legal_status", &offered[0].code, NOW).is_ok());
    let refused = phone.check_listed(&case, "legal_status", "none at all", NOW);
    assert!(matches!(refused, Err(WordError::UnknownWord { .. })));
    assert!(phone.check_listed(&case, "no_such_list", "anything", NOW).is_ok());
}

#[test]
fn a_fact_names_its_framework_just_where_it_is_said_in_its_words() {
    let (phone, _) = phone(None);
    for fact in Fact::ALL {
        let offered = phone.words_for("east-lothian", *fact, NOW);
        assert_eq!(offered.is_some(), is_in_words(*fact), "{}", fact.name());
    }
}
