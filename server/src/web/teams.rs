//! Agencies and area teams for whoever looks after them: who is there, and who is missing.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;

use super::error::PageError;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{people, words};
use crate::app::AppState;
use crate::role::Role;
use crate::service::people::{People, Person, Post, Team};

#[derive(Template)]
#[template(path = "agencies.html")]
struct AgenciesPage {
    frame: Frame,
    agencies: Vec<AgencyShown>,
}

/// An agency for a template.
struct AgencyShown {
    name: String,
    slug: String,
    sensitive: bool,
    people: usize,
    clusters: usize,
    /// Clusters in which it has people and nobody leads them.
    without_lead: Vec<String>,
}

#[derive(Template)]
#[template(path = "teams.html")]
struct TeamsPage {
    frame: Frame,
    teams: Vec<TeamShown>,
}

/// An area team for a template.
struct TeamShown {
    id: String,
    name: String,
    jurisdiction: String,
    missing: Vec<&'static str>,
    posts: Vec<PostShown>,
    agencies: Vec<(String, usize, bool)>,
}

/// Who holds a post.
struct PostShown {
    role: &'static str,
    name: String,
    href: String,
    agency: String,
}

/// Every agency.
pub(super) async fn show_agencies(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    let all = people::read(&state, &visitor, None).await?;
    page::well(&AgenciesPage {
        frame: Frame::of(&visitor, "Agencies", "/agencies"),
        agencies: agencies(&all),
    })
}

fn agencies(all: &People) -> Vec<AgencyShown> {
    let teams = all.teams();
    let without_lead = |name: &str| {
        let unled =
            teams.iter().filter(|team| team.agencies.iter().any(|it| it.name == name && !it.led));
        unled.map(|team| team.cluster.name.clone()).collect()
    };
    let shown = all.agencies.iter().map(|it| {
        let (people, clusters) = all.size_of(&it.id);
        AgencyShown {
            without_lead: without_lead(&it.name),
            name: it.name.clone(),
            slug: it.slug.clone(),
            sensitive: it.sensitive,
            people,
            clusters,
        }
    });
    shown.collect()
}

/// The area team of each cluster.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    let all = people::read(&state, &visitor, None).await?;
    page::well(&TeamsPage {
        frame: Frame::of(&visitor, "Area teams", "/teams"),
        teams: all.teams().iter().map(TeamShown::of).collect(),
    })
}

impl TeamShown {
    fn of(team: &Team<'_>) -> Self {
        let post = |(role, who, post): &(Role, &Person, &Post)| PostShown {
            role: words::role(*role),
            name: who.name.clone(),
            href: format!("/people/{}", who.id),
            agency: post.agency_name.clone(),
        };
        Self {
            id: team.cluster.id.to_string(),
            name: team.cluster.name.clone(),
            jurisdiction: words::plain(&team.cluster.jurisdiction),
            missing: team.missing.iter().map(|role| words::role(*role)).collect(),
            posts: team.posts.iter().map(post).collect(),
            agencies: team
                .agencies
                .iter()
                .map(|it| (it.name.to_owned(), it.people, it.led))
                .collect(),
        }
    }
}
