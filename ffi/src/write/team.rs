//! Team, consent and sharing.

use sync_core::device::{Facts, Saved as CoreSaved};
use sync_core::ids::{CaseId, RecordId, UserId};
use sync_core::merge::ConsentScope;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::record::kinds::sharing_decision::{Basis, SharingDecisionDraft};
use sync_core::record::schema::Fact;

use crate::error::PhoneError;
use crate::input::{bad, parse, words};
use crate::phone::Phone;
use crate::records::Saved;
use crate::records::forms::{ShareWith, SharingBasis, SharingReason};

#[uniffi::export]
impl Phone {
    /// Says at which stage the child is, in the words of the case's framework.
    ///
    /// # Errors
    /// [`PhoneError::BadInput`] with the stages that there are; nothing was saved.
    #[uniffi::method(default(reason = None))]
    pub fn assert_stage(
        &self,
        case_id: String,
        stage: String,
        reason: Option<String>,
    ) -> Result<Saved, PhoneError> {
        self.assert_fact(case_id, Fact::Stage.name().into(), stage, None, reason, None)
    }

    /// Says who leads: by id.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(reason = None))]
    pub fn assert_lead_professional(
        &self,
        case_id: String,
        user_id: String,
        reason: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let name = Fact::LeadProfessional.name().into();
        self.assert_fact(case_id, name, user_id, None, reason, None)
    }

    /// Adds somebody to the team around the child, or confirms whoever began the case.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    pub fn add_member(&self, case_id: String, user_id: String) -> Result<Saved, PhoneError> {
        self.member(&case_id, &user_id, "member")
    }

    /// Takes somebody out of the team, with a reason. What was written stays.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    pub fn remove_member(&self, case_id: String, user_id: String) -> Result<Saved, PhoneError> {
        self.member(&case_id, &user_id, "left")
    }

    /// Records what somebody allows to be shared: with everybody, or with all but these agencies, by id.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(reason = None))]
    pub fn give_consent(
        &self,
        case_id: String,
        giver: String,
        all_except: Vec<String>,
        reason: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let agencies = all_except.iter().map(|id| parse(id, "agency"));
        let scope = match all_except.is_empty() {
            true => ConsentScope::All,
            false => ConsentScope::all_except(agencies.collect::<Result<Vec<_>, _>>()?),
        };
        self.consent(&case_id, giver, &scope, reason)
    }

    /// Records that somebody allows nothing to be shared any more. What was delivered stays; what is said
    /// of safety still travels.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    #[uniffi::method(default(reason = None))]
    pub fn withdraw_consent(
        &self,
        case_id: String,
        giver: String,
        reason: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let none: ConsentScope = "none".parse().map_err(|_| bad("consent"))?;
        self.consent(&case_id, giver, &none, reason)
    }

    /// Shares a record as an attested copy and writes down why, both or neither.
    ///
    /// # Errors
    /// [`PhoneError`]; nothing was saved.
    pub fn share_record(
        &self,
        record_id: String,
        with: ShareWith,
        what: String,
        reason: SharingReason,
    ) -> Result<Saved, PhoneError> {
        let record: RecordId = parse(&record_id, "record")?;
        let to = match &with {
            ShareWith::Team => Compartment::Team,
            ShareWith::Agency { agency_id } => Compartment::Agency(parse(agency_id, "agency")?),
        };
        let decision = decision(record, to, what, reason)?;
        self.saving(None, |device, now| Ok(device.share_because(&record, to, &decision, now)?))
    }
}

impl Phone {
    fn member(&self, case_id: &str, user_id: &str, state: &str) -> Result<Saved, PhoneError> {
        let user: UserId = parse(user_id, "person")?;
        let (name, subject) = (Fact::Member.name().to_owned(), Some(user.to_string()));
        self.assert_fact(case_id.to_owned(), name, state.to_owned(), subject, None, None)
    }

    fn consent(
        &self,
        case_id: &str,
        giver: String,
        scope: &ConsentScope,
        reason: Option<String>,
    ) -> Result<Saved, PhoneError> {
        let case: CaseId = parse(case_id, "case")?;
        let giver = words(giver, "who gives consent")?;
        let said = Facts::new(Fact::Consent, scope.to_string()).of(giver);
        let said = Facts { reason, ..said };
        self.saving(None, |device, now| {
            let own = Envelope::of_case(case, Compartment::Team);
            Ok::<CoreSaved, PhoneError>(device.assert(&own, &said, now)?)
        })
    }
}

fn decision(
    record: RecordId,
    to: Compartment,
    what: String,
    reason: SharingReason,
) -> Result<SharingDecisionDraft, PhoneError> {
    let basis = match reason.basis {
        SharingBasis::Consent => Basis::Consent,
        SharingBasis::SignificantHarm => Basis::SignificantHarm,
        SharingBasis::SeriousCrime => Basis::SeriousCrime,
        SharingBasis::Court => Basis::Court,
        SharingBasis::Statutory => Basis::Statutory,
    };
    if basis == Basis::Consent && !reason.consent_sought {
        return Err(bad("consent cannot be the basis if nobody was asked"));
    }
    if !reason.consent_sought && reason.why.as_deref().is_none_or(|why| why.trim().is_empty()) {
        return Err(bad("say why consent was not sought"));
    }
    let agency = if let Compartment::Agency(agency) = to { Some(agency) } else { None };
    Ok(SharingDecisionDraft {
        what: words(what, "what is shared")?,
        record: Some(record),
        to: to.to_string(),
        purpose: words(reason.purpose, "the purpose")?,
        basis,
        consent_sought: reason.consent_sought,
        why: reason.why,
        necessary_because: words(reason.necessary_because, "why it is necessary")?,
        shared: true,
        agency,
    })
}
