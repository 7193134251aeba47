//! Versions from the future, both ways: what is not understood waits or is kept unread, and nothing
//! else waits for it.

use serde_json::Value;
use sync_core::device::Facts;
use sync_core::device::transport::TransportError;
use sync_core::ids::{CaseId, RecordId};
use sync_core::protocol::VERSION;
use sync_core::protocol::message::{Outcome, Page, SyncRequest};
use sync_core::protocol::stream::encode_request;
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Draft as _;
use sync_core::record::kinds::visit::VisitDraft;
use sync_core::record::schema::{FACTS, Fact, fact_field};
use sync_core::record::value::Value as Field;
use sync_core::time::Timestamp;
use system_tests::live::raw::{Raw, nothing};
use system_tests::live::{Failed, Phone, Server, Staff, newer};

use super::database::on_each;

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
const LENA: Staff = Staff { name: "lena", agency: "education", role: "cluster_lead" };
const ROSS: Staff = Staff { name: "ross", agency: "police", role: "practitioner" };
const AT: Timestamp = Timestamp(1_790_000_000_000);
/// The code of a kind that no version has yet.
const KIND: u8 = 99;
/// The code of a field that no version has yet.
const FIELD: u8 = 200;

/// A case that Iona began and the lead has.
fn scene(server: &Server) -> Result<([Phone; 2], CaseId), Failed> {
    let phones = <[Phone; 2]>::try_from(server.staff(&[IONA, LENA])?).map_err(|_| "two phones")?;
    let begin = ["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"];
    let case = word(&phones[0].run(&begin)?, "case")?.parse()?;
    phones.iter().try_for_each(|phone| phone.run(&["sync"]).map(drop))?;
    Ok((phones, case))
}

fn word(value: &Value, key: &str) -> Result<String, Failed> {
    Ok(value[key].as_str().ok_or(format!("no {key} in {value}"))?.to_owned())
}

fn visit(words: &str) -> Vec<NewEntry> {
    let draft = serde_json::json!({ "at": AT, "narrative": words });
    serde_json::from_value::<VisitDraft>(draft).map(|draft| draft.entries()).unwrap_or_default()
}

fn change(raw: &Raw, entries: Vec<NewEntry>) -> Change {
    let edits = entries.into_iter().map(Edit::Add).collect();
    let (actor, by) = (raw.enrolled.actor, raw.enrolled.user);
    Change { actor, by, at: AT, clock_ahead_ms: 0, edits }
}

/// A visit with a field that this version does not know.
fn with_field(mut entries: Vec<NewEntry>) -> Vec<NewEntry> {
    if let Some(details) = entries.first_mut() {
        details.fields.push((FIELD, Field::Bool(true)));
    }
    entries
}

/// The same envelope of a kind that this version does not know.
fn of_new_kind(envelope: &Envelope) -> Vec<u8> {
    let mut bytes = envelope.encode();
    bytes[1] = KIND;
    bytes
}

fn outcome(pages: &[Page], record: RecordId) -> Option<Outcome> {
    let answers = pages.iter().flat_map(|page| &page.answers);
    answers.filter(|it| it.record == record).map(|it| it.outcome.clone()).next()
}

#[test]
fn an_older_server_takes_what_it_knows_and_lets_the_rest_wait() -> Result<(), Failed> {
    on_each(|server| {
        let ([iona, lena], case) = scene(&server)?;
        let mut raw = Raw::of(&iona)?;
        let envelope = |n| raw.envelope(case, Kind::Visit, n);
        let new_fact = NewEntry {
            collection: FACTS,
            fields: vec![(fact_field::FACT, Field::Int(250)), (fact_field::VALUE, "x".into())],
            ..NewEntry::default()
        };
        let mut other_schema = envelope(905).encode();
        other_schema[0] = 2;
        let plain = change(&raw, visit("Understood by all."));
        let records = [
            raw.opaque(of_new_kind(&envelope(901)), plain.encode_body(), [1; 16]),
            raw.first(&envelope(902), change(&raw, with_field(visit("Newer.")))),
            raw.first(&envelope(903), change(&raw, vec![new_fact])),
            raw.opaque(other_schema, vec![0], [5; 16]),
            raw.first(&envelope(904), plain),
        ];
        let ids = [901, 902, 903, 904].map(|n| envelope(n).id());
        let pages = raw.exchange(&raw.push(raw.cluster()?, &records))?;
        let outcomes = ids.map(|id| outcome(&pages, id));
        let not_yet = Some(Outcome::NotYet);
        let taken = Some(Outcome::Accepted);
        assert_eq!(outcomes, [not_yet.clone(), not_yet.clone(), not_yet, taken]);
        assert_eq!(pages.iter().flat_map(|page| &page.answers).count(), 4, "nothing is refused");
        lena.run(&["sync"])?;
        assert!(lena.text(&["show", &case.to_string()])?.contains("Understood by all."));
        server.check()
    })
}

#[test]
fn another_protocol_gets_words_and_keeps_its_work() -> Result<(), Failed> {
    on_each(|server| {
        let ([iona, _], case) = scene(&server)?;
        iona.run(&["visit", &case.to_string(), "--at", "2026-11-20", "--text", "Kept."])?;
        let mut raw = Raw::of(&iona)?;
        let mut say = |version| {
            let request = encode_request(&SyncRequest { version, ..nothing() });
            raw.body(&request.unwrap_or_default())
        };
        assert_eq!(say(VERSION + 1), Err(TransportError::ServerTooOld));
        assert_eq!(say(0), Err(TransportError::AppTooOld));
        assert!(say(VERSION).is_ok());
        assert_eq!(iona.run(&["sync"])?["accepted"], 1);
        server.check()
    })
}

#[test]
fn an_older_phone_keeps_a_newer_servers_records_unread_and_goes_on() -> Result<(), Failed> {
    on_each(|server| {
        let ([iona, lena], case) = scene(&server)?;
        let shown = case.to_string();
        let at = ["visit", &shown, "--at", "2026-11-20T10:00:00Z", "--text"];
        let saved = iona.run(&[&at[..], &["Written before."]].concat())?;
        let (old, entry) = (word(&saved, "record")?, saved["entries"][0].as_str().unwrap_or("?"));
        let amend = ["amend", &old, entry, "--text", "Later words.", "--reason", "I forgot."];
        iona.run(&["sync"])?;
        lena.run(&["sync"])?;
        // Afterwards this version's checks cannot read the log; a newer server's could.
        server.check()?;
        let raw = Raw::of(&server.staff(&[ROSS])?.remove(0))?;
        let kind = raw.envelope(case, Kind::Visit, 901);
        let body = change(&raw, visit("A kind to come.")).encode_body();
        newer::log(&server, &raw, (kind.id(), Some(&of_new_kind(&kind))), (1, &body))?;
        let body = change(&raw, with_field(visit("A field to come."))).encode_body();
        newer::log(&server, &raw, (old.parse()?, None), (1, &body))?;
        iona.run(&[&at[..], &["Written after."]].concat())?;
        iona.run(&amend)?;
        let stats = iona.run(&["sync"])?;
        assert_eq!((&stats["accepted"], &stats["waiting"]), (&1.into(), &1.into()), "{stats}");
        lena.run(&["sync"])?;
        let text = lena.text(&["show", &shown])?;
        assert!(text.contains("Written after."), "the cursor went on: {text}");
        assert!(!text.contains("Written before."), "half a record is not shown as whole: {text}");
        let view = lena.run(&["show", &shown])?;
        assert_eq!(view["unreadable"], 2, "{view}");
        assert_eq!(lena.run(&["list"])?[0]["unreadable"], 2);
        let (_, said) = lena.refuse(&amend)?;
        assert!(said.contains("update the app"), "{said}");
        lena.run(&[&at[..], &["Still able to write."]].concat())?;
        assert_eq!(lena.run(&["sync"])?["accepted"], 1);
        assert_eq!(lena.run(&["sync", "--stats"])?["received"], 0, "nothing comes twice");
        Ok(())
    })
}

#[test]
fn a_framework_from_the_future_is_shown_in_its_own_words() -> Result<(), Failed> {
    on_each(|server| {
        let ([iona, lena], case) = scene(&server)?;
        let mut device = lena.device()?;
        let framework = "mid-lothian-2040";
        let (team, kind) = (Compartment::Team, Kind::Visit);
        device.make(case, kind, team, framework, visit("By another form."), AT)?;
        let stage = Facts::new(Fact::Stage, "7c").in_words_of(framework).because("As agreed.");
        device.assert(&Envelope::of_case(case, team), &stage, AT)?;
        drop(device);
        assert_eq!(lena.run(&["sync"])?["accepted"], 2);
        iona.run(&["sync"])?;
        let text = iona.text(&["show", &case.to_string(), "--shared"])?;
        assert!(text.contains("By another form.") && text.contains("7c"), "{text}");
        server.check()
    })
}
