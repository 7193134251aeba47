//! From when something is a warning.

use crate::framework::Catalogue;
use crate::time::Date;

/// From when something is a warning: an authority's thresholds, or the defaults of this software, which
/// no law names. Days are calendar days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Days a concern may be without a decision.
    pub concern_days: i32,
    /// Days a request may be without an answer where no day was agreed.
    pub request_days: i32,
    /// Days a planned contact may be late.
    pub contact_days: i32,
    /// Days a case may be without a lead professional.
    pub lead_days: i32,
    /// Days before its day on which a meeting of the team counts as a review.
    pub review_early_days: i32,
    /// Days a case may be open without the child's views.
    pub views_days: i32,
    /// Exclusions within a year that are too many.
    pub exclusions: usize,
    /// Points of a hundred by which attendance falls from one term to the next.
    pub attendance_fall: i64,
    /// Half days that a term must have to be compared.
    pub attendance_half_days: u16,
    /// Open actions from which one agency carrying all of them is a warning.
    pub actions: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            concern_days: 3,
            request_days: 14,
            contact_days: 3,
            lead_days: 7,
            review_early_days: 28,
            views_days: 28,
            exclusions: 2,
            attendance_fall: 10,
            attendance_half_days: 40,
            actions: 3,
        }
    }
}

impl Rules {
    /// The rules of an authority's framework on a day: thresholds named `warn_concern_days` and so on.
    #[must_use]
    pub fn of(catalogue: &Catalogue, framework: Option<&str>, day: Date) -> Self {
        let Some(framework) = framework.and_then(|id| catalogue.on(id, day)) else {
            return Self::default();
        };
        let mut rules = Self::default();
        let set = |code: &str| framework.threshold(code, day).map(|it| it.value.max(0.0));
        let days = |code: &str, value: &mut i32| {
            if let Some(found) = set(code) {
                *value = found as i32;
            }
        };
        days("warn_concern_days", &mut rules.concern_days);
        days("warn_request_days", &mut rules.request_days);
        days("warn_contact_days", &mut rules.contact_days);
        days("warn_lead_days", &mut rules.lead_days);
        days("warn_review_early_days", &mut rules.review_early_days);
        days("warn_views_days", &mut rules.views_days);
        if let Some(found) = set("warn_exclusions") {
            rules.exclusions = found as usize;
        }
        if let Some(found) = set("warn_attendance_fall") {
            rules.attendance_fall = found as i64;
        }
        if let Some(found) = set("warn_actions") {
            rules.actions = found as usize;
        }
        rules
    }
}
