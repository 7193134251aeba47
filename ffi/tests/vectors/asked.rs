//! What is asked of the library for each line, through what apps call. The tests of Kotlin and Swift ask
//! the same.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use caseweave_ffi::records::forms::*;
use caseweave_ffi::records::{AttachmentSort, Enrolment, Saved};
use caseweave_ffi::{Phone, PhoneError, PhoneHome};

use super::glen::{Glen, home};
use super::lines::{Line, check};
use super::looked::{fact, line as field, numbers};

type Given = Result<String, PhoneError>;

/// A moment of November 2026.
const AT: i64 = 1_795_600_000_000;

/// Iona, a practitioner, and her phone.
pub struct Asker {
    phone: Arc<Phone>,
    _glen: Glen,
}

impl Asker {
    pub fn new() -> Self {
        let glen = Glen::new();
        let phone = glen.phone(&glen.home("home"), "iona").unwrap();
        Self { phone, _glen: glen }
    }

    fn begin(&self) -> Result<Saved, PhoneError> {
        let child = NewCase {
            cluster_id: None,
            given_name: Some("Ailsa".into()),
            family_name: Some("Muir".into()),
            born: None,
            expected: None,
            school: None,
        };
        self.phone.begin_case(child, None)
    }

    pub fn id(&self, line: &Line) -> Given {
        let own = self.begin()?;
        let text = line.text("text").replace("{case}", &own.case_id);
        let text = text.replace("{CASE}", &own.case_id.to_uppercase());
        let text = text.replace("{record}", &own.record_id);
        match line.text("as") {
            "case" => self.phone.open_case(text).map(|_| "opened".into()),
            "record" => self.phone.open_record(text).map(|_| "opened".into()),
            "person" => self.phone.handover(text).map(|_| "told".into()),
            "agency" => {
                let except = vec![text];
                self.phone
                    .give_consent(own.case_id, "mother".into(), except, None)
                    .map(|_| "saved".into())
            }
            other => panic!("{other}"),
        }
    }

    pub fn fact(&self, line: &Line) -> Given {
        let (own, name) = (self.begin()?, line.text("name"));
        let subject = line.some("subject").map(str::to_owned);
        let reason = Some("Agreed at school".to_owned());
        let text = line.text("text").to_owned();
        self.phone.assert_fact(own.case_id, name.into(), text, subject, reason, None)?;
        Ok(fact(&self.phone.open_record(own.record_id)?, name, line.text("subject")))
    }

    pub fn row(&self, line: &Line) -> Given {
        let row = NewPlanRow {
            need: "A safe way to school".into(),
            action: "A walking bus".into(),
            outcome: None,
            agency_id: None,
            person: None,
            due: None,
        };
        let plan = self.phone.begin_plan(self.begin()?.case_id, vec![row], None, None)?;
        let (id, text) = (plan.entry_ids[0].clone(), line.text("text").to_owned());
        let of = row_field(line.text("field"));
        self.phone.set_plan_row(plan.record_id.clone(), id.clone(), of, text, None)?;
        Ok(fact(&self.phone.open_record(plan.record_id)?, line.text("fact"), &id))
    }

    pub fn moment(&self, line: &Line) -> Given {
        let own = self.begin()?;
        let saved =
            self.phone.record_visit(visit(&own, line.number("at_ms"), Place::Team), None)?;
        let happened = self.phone.open_case(own.case_id)?.chronology;
        let visit = happened.iter().find(|it| it.record_id == saved[0].record_id).unwrap();
        Ok(format!("moment {}", visit.at_ms))
    }

    pub fn word(&self, line: &Line) -> Given {
        let own = self.begin()?;
        let record = self.say(&own, line.text("enum"), line.text("variant"))?;
        self.phone.open_case(own.case_id.clone())?;
        if let Some(name) = line.some("line") {
            return Ok(field(&self.phone.records(own.case_id)?, name));
        }
        let agency = self.phone.who_am_i()?.agency_id;
        Ok(self.phone.open_record(record)?.compartment.replace(&agency, "{own agency}"))
    }

    /// Writes a record that has a variant in it.
    fn say(&self, own: &Saved, of: &str, variant: &str) -> Given {
        let saved = match of {
            "Place" => self.phone.record_visit(visit(own, AT, place(variant)), None)?.remove(0),
            "TeamInvolved" => self.concern(own, false, variant)?.saved,
            "HowHeard" => self.phone.record_views(views(own, how(variant)), None)?,
            "AttachmentSort" => {
                let (sort, bytes) = (attachment(variant), sample(variant));
                self.phone.attach(own.record_id.clone(), sort, bytes, None, None)?
            }
            "SharingBasis" => {
                let visit =
                    self.phone.record_visit(visit(own, AT, Place::OwnAgency), None)?.remove(0);
                let why = because(basis(variant));
                self.phone.share_record(
                    visit.record_id,
                    ShareWith::Team,
                    "The visit".into(),
                    why,
                )?
            }
            other => panic!("{other}"),
        };
        Ok(saved.record_id)
    }

    fn concern(
        &self,
        own: &Saved,
        harm_suspected: bool,
        involved: &str,
    ) -> Result<caseweave_ffi::records::ConcernSaved, PhoneError> {
        let concern = NewConcern {
            case_id: own.case_id.clone(),
            team_involved: if involved == "No" { TeamInvolved::No } else { TeamInvolved::Perhaps },
            seen: "A bruise on the arm.".into(),
            harm_suspected,
            action: None,
            place: None,
            when_ms: None,
        };
        self.phone.raise_concern(concern, None)
    }

    pub fn picture(&self, line: &Line) -> Given {
        let own = self.begin()?;
        let bytes = STANDARD.decode(line.text("content")).unwrap();
        let sort = attachment(line.text("sort"));
        let saved = self.phone.attach(own.record_id, sort, bytes, None, None)?;
        let kept = self.phone.attachment(saved.record_id)?.content.unwrap();
        Ok(format!("kept {}", STANDARD.encode(kept)))
    }

    pub fn harm(&self, line: &Line) -> Given {
        let saved = self.concern(&self.begin()?, line.yes("harm"), line.text("team_involved"))?;
        Ok(numbers(&saved.ring))
    }

    pub fn form(&self, line: &Line) -> Given {
        let own = self.begin()?;
        let begun = self.phone.draft_assessment(own.case_id, line.text("form").into())?;
        let (record, element) = (begun.record_id, line.text("element").to_owned());
        match (line.some("text"), line.some("score")) {
            (Some(text), _) => {
                self.phone.begin_text(record, element, text.into()).map(|_| "saved".into())
            }
            (None, Some(score)) => {
                let (score, subject) = (score.to_owned(), Some(element.clone()));
                let name = "score".to_owned();
                self.phone.assert_in_record(record.clone(), name, score, subject, None, None)?;
                Ok(fact(&self.phone.open_record(record)?, "score", &element))
            }
            (None, None) => Ok("begun".into()),
        }
    }
}

/// Each PIN takes the place of the last that was taken.
pub fn pins() {
    let glen = Glen::new();
    let home = glen.home("home");
    let user = glen.phone(&home, "iona").unwrap().who_am_i().unwrap().user_id;
    let now = std::cell::RefCell::new(None);
    check("pins", &|line| {
        let next = line.some("pin").map(str::to_owned);
        home.change_pin(user.clone(), now.borrow().clone(), next.clone())?;
        now.replace(next);
        Ok("changed".to_owned())
    });
}

pub fn servers() {
    let folder = tempfile::tempdir().unwrap();
    check("servers", &|line| {
        let sign_in = caseweave_ffi::records::SignIn {
            name: "iona".into(),
            password: "correct horse iona".into(),
            app_code: None,
        };
        let enrolment = Enrolment {
            server: line.text("server").into(),
            authority: line.some("authority").map(str::to_owned),
            code: "AAAAA-AAAAA".into(),
            sign_in,
            device_name: "phone of a test".into(),
        };
        enrolled(&home(folder.path()), enrolment)
    });
}

/// A person for each line: so often may one be wrong.
pub fn codes() {
    let glen = Glen::new();
    let number = std::cell::Cell::new(0);
    check("codes", &|line| {
        number.set(number.get() + 1);
        let name = format!("iona{}", number.get());
        glen.hire(&name);
        let fresh = glen.code(&name);
        if line.text("code") == "{used}" {
            enrolled(&glen.home(&format!("first{name}")), glen.enrolment(&name, &fresh))?;
        }
        let typed = line.text("code").replace("{used}", &fresh).replace("{fresh}", &fresh);
        let typed = typed.replace("{lower}", &fresh.to_lowercase());
        let typed = typed.replace("{joined}", &fresh.replace('-', ""));
        enrolled(&glen.home(&name), glen.enrolment(&name, &typed))
    });
}

fn enrolled(home: &PhoneHome, enrolment: Enrolment) -> Given {
    home.enrol(enrolment, None).map(|_| "enrolled".into())
}

fn visit(own: &Saved, at_ms: i64, to: Place) -> NewVisit {
    let child = VisitedChild {
        case_id: own.case_id.clone(),
        narrative: "Built a tower of bricks.".into(),
        seen: Some(true),
        seen_alone: None,
    };
    NewVisit {
        children: vec![child],
        at_ms,
        planned_ms: None,
        minutes: None,
        place: None,
        sort: None,
        purpose: None,
        present: None,
        next_contact: None,
        to,
    }
}

fn views(own: &Saved, how: HowHeard) -> NewViews {
    NewViews {
        case_id: own.case_id.clone(),
        whose: "child".into(),
        how,
        words: "I like the dog.".into(),
        language: None,
        interpreter: None,
        alone: None,
    }
}

fn because(basis: SharingBasis) -> SharingReason {
    SharingReason {
        purpose: "A plan".into(),
        basis,
        consent_sought: true,
        why: Some("They agreed".into()),
        necessary_because: "The plan needs it".into(),
    }
}

/// The first of its sort among the pictures, which is a good one.
fn sample(sort: &str) -> Vec<u8> {
    let pictures = super::lines::read("pictures");
    let first = pictures.iter().find(|line| line.text("sort") == sort).unwrap();
    STANDARD.decode(first.text("content")).unwrap()
}

fn attachment(variant: &str) -> AttachmentSort {
    match variant {
        "Photo" => AttachmentSort::Photo,
        "VoiceNote" => AttachmentSort::VoiceNote,
        "BodyMap" => AttachmentSort::BodyMap,
        other => panic!("{other}"),
    }
}

fn place(variant: &str) -> Place {
    match variant {
        "Team" => Place::Team,
        "OwnAgency" => Place::OwnAgency,
        "Protection" => Place::Protection,
        other => panic!("{other}"),
    }
}

fn how(variant: &str) -> HowHeard {
    match variant {
        "Spoken" => HowHeard::Spoken,
        "Drawn" => HowHeard::Drawn,
        "Signed" => HowHeard::Signed,
        "Written" => HowHeard::Written,
        "Observed" => HowHeard::Observed,
        other => panic!("{other}"),
    }
}

fn basis(variant: &str) -> SharingBasis {
    match variant {
        "Consent" => SharingBasis::Consent,
        "SignificantHarm" => SharingBasis::SignificantHarm,
        "SeriousCrime" => SharingBasis::SeriousCrime,
        "Court" => SharingBasis::Court,
        "Statutory" => SharingBasis::Statutory,
        other => panic!("{other}"),
    }
}

fn row_field(variant: &str) -> RowField {
    match variant {
        "Need" => RowField::Need,
        "Action" => RowField::Action,
        "Outcome" => RowField::Outcome,
        "Evidence" => RowField::Evidence,
        "Agency" => RowField::Agency,
        "Person" => RowField::Person,
        "Due" => RowField::Due,
        "Status" => RowField::Status,
        "Rating" => RowField::Rating,
        "Effect" => RowField::Effect,
        other => panic!("{other}"),
    }
}
