//! What surrounds every page: its title, whose it is, where else they can go.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use sync_core::ids::ClusterId;
use sync_core::policy::{ClusterAction, Summaries, decide_in_cluster};

use super::error::PageError;
use super::session::Visitor;
use super::{alarms, assets};
use crate::error::ApiError;

/// What surrounds a page.
pub(super) struct Frame {
    /// The page's name, for the window's title.
    pub(super) title: String,
    /// Where the styles are.
    pub(super) styles: &'static str,
    /// Who is signed in.
    pub(super) visitor: Option<Named>,
}

/// Who is signed in, for the head of a page.
pub(super) struct Named {
    /// Their name.
    pub(super) name: String,
    /// Where they can go.
    pub(super) places: Vec<Place>,
    /// What their forms carry.
    pub(super) form_code: String,
}

/// A place in the head of a page.
pub(super) struct Place {
    /// Its address.
    pub(super) href: &'static str,
    /// What it is called.
    pub(super) name: &'static str,
    /// Whether the page is it.
    pub(super) current: bool,
}

impl Frame {
    /// Around a page for nobody in particular.
    pub(super) fn bare(title: impl Into<String>) -> Self {
        Self { title: title.into(), styles: assets::styles_path(), visitor: None }
    }

    /// Around a page at `href`, or below it, of somebody signed in.
    pub(super) fn of(visitor: &Visitor, title: impl Into<String>, href: &str) -> Self {
        let named = Named {
            name: visitor.person.display_name.clone(),
            places: places(visitor, href),
            form_code: visitor.form_code(),
        };
        Self { visitor: Some(named), ..Self::bare(title) }
    }
}

fn places(visitor: &Visitor, href: &str) -> Vec<Place> {
    let mut all = Vec::new();
    if works_with_cases(visitor) {
        all.extend([("/", "Today"), ("/caseload", "Caseload"), ("/to-settle", "To settle")]);
        all.extend([("/to-review", "To review"), ("/early-warnings", "Early warnings")]);
    }
    if leads(visitor) {
        all.push(("/figures", "Figures"));
    }
    if alarms::is_duty(visitor) {
        all.push(("/alarms", "Alarms"));
    }
    if reads_editions(visitor) {
        all.push(("/editions", "Published figures"));
    }
    if administers(visitor) {
        all.extend([("/people", "People"), ("/teams", "Area teams"), ("/agencies", "Agencies")]);
        all.extend([("/devices", "Phones"), ("/frameworks", "Frameworks")]);
    }
    if reads_audit(visitor) {
        all.extend([("/access-requests", "Access requests"), ("/audit", "Audit")]);
    }
    if sees_retention(visitor) {
        all.push(("/retention", "Retention"));
    }
    let place = |(at, name)| Place { href: at, name, current: at == href };
    all.into_iter().map(place).collect()
}

/// Whether the person works with children's cases anywhere.
pub(super) fn works_with_cases(visitor: &Visitor) -> bool {
    may(visitor, Summaries::OwnCaseload)
}

/// Whether the person reads what is published.
pub(super) fn reads_editions(visitor: &Visitor) -> bool {
    may(visitor, Summaries::PublishedEditions)
}

/// Whether the person reads who did and saw what.
pub(super) fn reads_audit(visitor: &Visitor) -> bool {
    may_do(visitor, &ClusterAction::ReadAudit)
}

/// Whether the person looks after people, phones and agencies.
pub(super) fn administers(visitor: &Visitor) -> bool {
    may_do(visitor, &ClusterAction::Administer)
}

/// Whether the person sees how long records are kept.
pub(super) fn sees_retention(visitor: &Visitor) -> bool {
    may_do(visitor, &ClusterAction::SeeRetention)
}

/// Whether the person takes their agency's own records to its own system.
pub(super) fn exports(visitor: &Visitor) -> bool {
    may_do(visitor, &ClusterAction::ExportOwnRecords)
}

/// Whether the person reviews a whole cluster.
pub(super) fn leads(visitor: &Visitor) -> bool {
    may(visitor, Summaries::Cluster)
}

/// Whether the person reviews this cluster.
pub(super) fn leads_cluster(visitor: &Visitor, cluster: ClusterId) -> bool {
    let read = ClusterAction::ReadSummaries(Summaries::Cluster);
    decide_in_cluster(&visitor.person.principal(), cluster, &read).is_ok()
}

fn may(visitor: &Visitor, summaries: Summaries) -> bool {
    may_do(visitor, &ClusterAction::ReadSummaries(summaries))
}

fn may_do(visitor: &Visitor, action: &ClusterAction) -> bool {
    let principal = visitor.person.principal();
    let mut clusters = principal.memberships.iter().map(|it| it.cluster);
    clusters.any(|cluster| decide_in_cluster(&principal, cluster, action).is_ok())
}

/// A page, filled.
pub(super) fn filled(
    status: StatusCode,
    template: &impl Template,
) -> Result<HttpResponse, PageError> {
    let page = template.render().map_err(|error| {
        tracing::error!(%error, "a page could not be filled");
        PageError::from(ApiError::internal())
    })?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page))
}

/// A page that is well.
pub(super) fn well(template: &impl Template) -> Result<HttpResponse, PageError> {
    filled(StatusCode::OK, template)
}
