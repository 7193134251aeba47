//! Meetings, interventions, pickers, who uses the phone, what ends an exchange and who listens.

use super::*;
use crate::SyncStop;
use crate::records::{
    Attendee, FactAbout, FactAsks, Minutes, NewIntervention, NewMeeting, NewSession,
};

fn meeting(case: &Saved, minutes: Minutes) -> NewMeeting {
    NewMeeting {
        case_id: case.case_id.clone(),
        at_ms: NOW,
        sort: Some("review".into()),
        outcome: None,
        minutes,
        next_review: Some("2027-01-08".into()),
        to: Place::Team,
    }
}

#[test]
fn a_meeting_is_minuted_and_added_to_and_nothing_else_is() {
    let scene = scene();
    let (phone, case) = (&scene.phone, begin(&scene.phone, "Ailsa"));
    let came = Attendee { who: "Ross".into(), role: Some("uncle".into()), present: true };
    let minutes = Minutes { attendance: vec![came.clone()], ..Minutes::default() };
    let held = phone.record_meeting(meeting(&case, minutes.clone()), None).unwrap();
    let sheet = phone.open_record(held.record_id.clone()).unwrap();
    assert_eq!((sheet.kind.as_str(), sheet.parts.len()), ("meeting", 2));
    phone.add_minutes(held.record_id.clone(), minutes.clone(), None).unwrap();
    assert_eq!(phone.open_record(held.record_id.clone()).unwrap().parts.len(), 3);
    let nobody =
        Minutes { attendance: vec![Attendee { who: " ".into(), ..came }], ..minutes.clone() };
    for refused in [
        phone.add_minutes(held.record_id.clone(), Minutes::default(), None),
        phone.add_minutes(held.record_id, nobody, None),
        phone.add_minutes(case.record_id.clone(), minutes, None),
    ] {
        assert!(matches!(refused, Err(PhoneError::BadInput { .. })), "{refused:?}");
    }
}

#[test]
fn an_intervention_serves_a_row_of_a_plan_of_the_same_child() {
    let scene = scene();
    let (phone, ailsa, brodie) =
        (&scene.phone, begin(&scene.phone, "Ailsa"), begin(&scene.phone, "Brodie"));
    let row = NewPlanRow {
        need: "A safe way to school".into(),
        action: "A walking bus".into(),
        outcome: None,
        agency_id: None,
        person: None,
        due: None,
    };
    let plan = phone.begin_plan(ailsa.case_id.clone(), vec![row], None, None).unwrap();
    let delivered = |case: &Saved, plan_id, row_id| {
        let case_id = case.case_id.clone();
        let what = "Swimming".to_owned();
        let to = Place::Team;
        let (from, cost_band) = (Some("2026-11-26".to_owned()), None);
        phone.begin_intervention(
            NewIntervention { case_id, what, plan_id, row_id, from, cost_band, to },
            None,
        )
    };
    let (of, row) = (Some(plan.record_id.clone()), Some(plan.entry_ids[0].clone()));
    let begun = delivered(&ailsa, of.clone(), row.clone()).unwrap();
    let session = NewSession { at_ms: NOW, minutes: Some(45), note: Some("Two lengths.".into()) };
    phone.add_session(begun.record_id.clone(), session.clone(), None).unwrap();
    phone.assert_in_record(begun.record_id, "effect".into(), "1".into(), None, None, None).unwrap();
    for refused in [
        delivered(&brodie, of.clone(), row.clone()),
        delivered(&ailsa, None, row),
        delivered(&ailsa, of, Some("00".repeat(16))),
        phone.add_session(plan.record_id, session, None),
    ] {
        assert!(matches!(refused, Err(PhoneError::BadInput { .. })), "{refused:?}");
    }
}

#[test]
fn a_screen_builds_its_pickers_without_words_of_its_own() {
    let scene = scene();
    let case = begin(&scene.phone, "Ailsa");
    let fields = scene.phone.fact_fields(case.record_id).unwrap();
    let of = |name: &str| fields.iter().find(|field| field.name == name).unwrap();
    let risk = of("visit_risk");
    assert_eq!((risk.about, risk.asks), (FactAbout::Record, FactAsks::Choice));
    assert_eq!(
        (risk.choices[2].code.as_str(), risk.choices[2].name.as_str()),
        ("visit_in_pairs", "Visit in pairs")
    );
    assert_eq!((of("member").about, of("birth_date").asks), (FactAbout::User, FactAsks::Day));
    assert_eq!(
        (of("lead_professional").asks, of("shielded").asks),
        (FactAsks::User, FactAsks::YesNo)
    );
    assert!(
        scene.phone.forms(case.case_id.clone()).unwrap().is_empty(),
        "nobody said by whose words"
    );
    assert!(scene.phone.listed(case.case_id, "meeting_sort".into()).unwrap().is_empty());
}

#[test]
fn the_phone_says_whose_it_is_until_when_it_reads_and_what_only_it_has() {
    let scene = scene();
    let case = begin(&scene.phone, "Ailsa");
    let marks = br#"{"figure":"front","marks":[]}"#;
    let attach = |content: &[u8]| {
        let (record, sort) = (case.record_id.clone(), crate::records::AttachmentSort::BodyMap);
        scene.phone.attach(record, sort, content.to_vec(), None, None)
    };
    attach(marks).unwrap();
    assert!(matches!(attach(b"no marks"), Err(PhoneError::BadInput { .. })));
    let own = scene.phone.only_here_counts().unwrap();
    assert_eq!((own.changes, own.records, own.attachments), (2, 2, 1));
    assert_eq!(own.attachment_bytes, marks.len() as u64);
    let me = scene.phone.who_am_i().unwrap();
    assert_eq!((me.name.as_str(), me.agency, me.signed_in), ("Iona", None, true));
    scene.phone.sign_out().unwrap();
    assert!(!scene.phone.who_am_i().unwrap().signed_in);
    assert_eq!(me.clusters[0].roles, ["practitioner"]);
    assert_eq!(me.reads_until_ms, NOW + 14 * 86_400_000);
    scene.hands.0.fetch_add(60 * 86_400_000, Ordering::SeqCst);
    assert_eq!(scene.phone.who_am_i().unwrap().reads_until_ms, me.reads_until_ms);
}

#[test]
fn one_who_listens_no_more_leaves_the_others_listening() {
    let scene = scene();
    let (first, second) = (Arc::new(Ears::default()), Arc::new(Ears::default()));
    let listening = scene.phone.listen(first.clone());
    let _other = scene.phone.listen(second.clone());
    begin(&scene.phone, "Ailsa");
    listening.stop();
    listening.stop();
    begin(&scene.phone, "Brodie");
    assert_eq!((first.0.lock().unwrap().len(), second.0.lock().unwrap().len()), (1, 2));
    scene.phone.close();
    listening.stop();
}

#[test]
fn what_is_stopped_before_it_begins_does_not_begin_and_ends_no_other() {
    let scene = scene();
    let stop = SyncStop::new();
    stop.stop();
    assert!(matches!(scene.phone.sync(None, None, Some(stop)), Err(PhoneError::Stopped)));
    scene.phone.stop_sync();
    let next = scene.phone.sync(None, None, Some(SyncStop::new()));
    assert!(matches!(next, Err(PhoneError::Offline | PhoneError::SignedOut)), "{next:?}");
}
