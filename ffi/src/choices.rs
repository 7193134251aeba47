//! What a screen offers: the words, facts and forms of a case's framework. They hold nothing of anybody,
//! so that they are there on a phone whose lease is over, too: writing goes on.

use sync_core::device::Device;
use sync_core::framework::Framework;
use sync_core::ids::{CaseId, RecordId};
use sync_core::record::schema::{Fact, FieldType, Subject, facts_of};
use sync_core::store::sqlite::SqliteStore;
use sync_core::time::Timestamp;

use crate::error::PhoneError;
use crate::explain::sentence;
use crate::input::parse;
use crate::phone::Phone;
use crate::records::{Choice, FactAbout, FactAsks, FactField, Form};

#[uniffi::export]
impl Phone {
    /// The facts that may be said in a record, with the words to choose from. A case's own record has its
    /// stage, risk, team and the rest.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn fact_fields(&self, record_id: String) -> Result<Vec<FactField>, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let now = self.now();
        self.with(|device| {
            let envelope = device.envelope(&record)?;
            let framework = device.framework_in_use(&envelope.case);
            let field = |fact: &Fact| field(device, framework.as_deref(), *fact, now);
            Ok::<_, PhoneError>(facts_of(envelope.kind()).iter().map(field).collect())
        })
    }

    /// The words of a list of the case's framework, such as `meeting_sort` or `cost_band`; none if it has
    /// no such list: then people say it in their own words.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn listed(&self, case_id: String, list: String) -> Result<Vec<Choice>, PhoneError> {
        self.of_framework(&case_id, |framework| {
            let listed = framework.lists.get(&list);
            listed.into_iter().flat_map(|it| it.words.clone()).map(Choice::from).collect()
        })
    }

    /// The forms by which an assessment of this case can be made; none while nobody has said by whose
    /// words the case goes.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn forms(&self, case_id: String) -> Result<Vec<Form>, PhoneError> {
        self.of_framework(&case_id, |framework| framework.forms.iter().map(Form::from).collect())
    }
}

impl Phone {
    /// What the framework that a case goes by says; nothing if it goes by none.
    fn of_framework<T>(
        &self,
        case_id: &str,
        said: impl FnOnce(&Framework) -> Vec<T>,
    ) -> Result<Vec<T>, PhoneError> {
        let case: CaseId = parse(case_id, "case")?;
        let now = self.now();
        self.with(|device| {
            let id = device.framework_in_use(&case);
            let edition = id.and_then(|id| device.edition(&id, now));
            Ok::<_, PhoneError>(edition.map(said).unwrap_or_default())
        })
    }
}

fn field(
    device: &Device<SqliteStore>,
    framework: Option<&str>,
    fact: Fact,
    now: Timestamp,
) -> FactField {
    let words = framework.and_then(|framework| device.words_for(framework, fact, now));
    let choices = match fact.holds() {
        FieldType::Choice(codes) => {
            codes.iter().map(|code| own(device, framework, fact, code)).collect()
        }
        _ => words.unwrap_or_default().into_iter().map(Choice::from).collect::<Vec<_>>(),
    };
    let about = match fact.subject() {
        Subject::None => FactAbout::Record,
        Subject::User => FactAbout::User,
        Subject::Entry => FactAbout::Entry,
        Subject::Word => FactAbout::Word,
    };
    FactField { name: fact.name().to_owned(), about, asks: asks(fact, &choices), choices }
}

/// One of the library's own words, by the name that the framework has for it.
fn own(device: &Device<SqliteStore>, framework: Option<&str>, fact: Fact, code: &str) -> Choice {
    let name = framework.and_then(|framework| device.catalogue().label(framework, fact, code));
    let plain = || sentence(&code.replace('_', " ")).trim_end_matches('.').to_owned();
    Choice { code: code.to_owned(), name: name.map_or_else(plain, str::to_owned) }
}

fn asks(fact: Fact, choices: &[Choice]) -> FactAsks {
    match (fact, fact.holds()) {
        (Fact::RowAgency, _) => FactAsks::Agency,
        (_, FieldType::Bytes(_)) => FactAsks::User,
        (_, FieldType::Int | FieldType::Time) => FactAsks::Number,
        (_, FieldType::Date) => FactAsks::Day,
        (_, FieldType::Bool) => FactAsks::YesNo,
        (_, _) if !choices.is_empty() => FactAsks::Choice,
        _ => FactAsks::Words,
    }
}
