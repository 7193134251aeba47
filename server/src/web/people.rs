//! People for whoever looks after them: posts held and ended, and who has no second factor.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::{ClusterId, UserId};

use super::error::PageError;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{forms, words};
use crate::app::AppState;
use crate::db::Conn;
use crate::service::audit::{Act, Note, Seen};
use crate::service::people::{self, People, Person, Post};
use crate::service::reading::Reader;

/// People on one page: what prints on two sheets.
const PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    asked: Asked,
    clusters: Vec<(String, String, bool)>,
    found: String,
    /// How many of those found have no second factor.
    unprotected: String,
    people: Vec<Row>,
    previous: Option<String>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    person: Row,
    held: Vec<PostShown>,
    ended: Vec<PostShown>,
}

/// A person for a template.
struct Row {
    name: String,
    href: String,
    sign_in: String,
    phone: Option<String>,
    agency: String,
    posts: Vec<String>,
    factor: &'static str,
    unprotected: bool,
    left: bool,
}

/// A post for a template.
struct PostShown {
    role: &'static str,
    cluster: String,
    agency: String,
    from: String,
    until: String,
}

/// What is asked for. A browser sends empty fields too.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    name: String,
    #[serde(default)]
    cluster: String,
    factor: Option<String>,
    ended: Option<String>,
    page: Option<usize>,
}

impl Asked {
    fn cluster(&self) -> Result<Option<ClusterId>, PageError> {
        let given = Some(self.cluster.as_str()).filter(|it| !it.is_empty());
        given.map(|id| id.parse().map_err(|_| PageError::not_open())).transpose()
    }

    fn takes(&self, person: &Person, cluster: Option<ClusterId>) -> bool {
        let wanted = self.name.trim().to_lowercase();
        let named =
            [&person.name, &person.sign_in].iter().any(|it| it.to_lowercase().contains(&wanted));
        let holds = person.held().next().is_some();
        let in_cluster = |post: &Post| cluster.is_none_or(|it| it == post.cluster);
        named
            && person.posts.iter().any(in_cluster)
            && (self.factor.is_none() || is_unprotected(person))
            && holds != self.ended.is_some()
    }

    /// The address of another page of the same list.
    fn address(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let on = |field: &Option<String>| field.as_ref().map_or("", |_| "on").to_owned();
        let fields = [
            ("name", self.name.clone()),
            ("cluster", self.cluster.clone()),
            ("factor", on(&self.factor)),
            ("ended", on(&self.ended)),
        ];
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.append_pair("page", &page.to_string());
        format!("/people?{}", query.finish())
    }
}

/// Who can sign in with a password alone.
fn is_unprotected(person: &Person) -> bool {
    person.active && !person.second_factor && !person.outside
}

/// Everybody of the clusters that the visitor looks after.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked: Asked = forms::query(request.query_string())?;
    let cluster = asked.cluster()?;
    let all = read(&state, &visitor, None).await?;
    let found: Vec<_> = all.people.iter().filter(|it| asked.takes(it, cluster)).collect();
    let number = asked.page.unwrap_or(1).max(1);
    let before = number.saturating_sub(1).saturating_mul(PER_PAGE);
    let people: Vec<_> = found.iter().skip(before).take(PER_PAGE).map(|it| Row::of(it)).collect();
    let last = before + people.len();
    let chosen = |id: ClusterId| cluster == Some(id);
    let clusters =
        all.clusters.iter().map(|it| (it.id.to_string(), it.name.clone(), chosen(it.id)));
    let unprotected = found.iter().filter(|it| is_unprotected(it)).count();
    page::well(&PeoplePage {
        frame: Frame::of(&visitor, "People", "/people"),
        clusters: clusters.collect(),
        found: words::count(found.len(), "person", "people"),
        unprotected: words::count(unprotected, "of them has", "of them have"),
        people,
        previous: (number > 1).then(|| asked.address(number - 1)),
        next: (last < found.len()).then(|| asked.address(number + 1)),
        asked,
    })
}

/// One person.
pub(super) async fn show_one(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: UserId = path.parse().map_err(|_| PageError::not_open())?;
    let all = read(&state, &visitor, Some(id)).await?;
    let person = all.find(&id).ok_or(PageError::not_open())?;
    page::well(&PersonPage {
        frame: Frame::of(&visitor, format!("Person: {}", person.name), "/people"),
        held: person.held().map(PostShown::of).collect(),
        ended: person.ended().map(PostShown::of).collect(),
        person: Row::of(person),
    })
}

/// Everybody, for the pages about people, agencies and teams.
pub(super) async fn read(
    state: &AppState,
    visitor: &Visitor,
    about: Option<UserId>,
) -> Result<People, PageError> {
    let work = move |conn: &mut Conn, reader: &Reader| {
        let found = people::of_reader(conn, reader)?;
        let note = about.iter().fold(Note::of(Act::People), |it, user| it.about(*user.as_bytes()));
        Ok(match found {
            Some(found) => {
                let lines = if about.is_some() { 1 } else { found.people.len() };
                Seen::new(Some(found), note.counting(lines))
            }
            None => Seen::new(None, note.refused("not_your_role")),
        })
    };
    visitor.show(state, work).await?.ok_or(PageError::not_open())
}

impl Row {
    fn of(person: &Person) -> Self {
        let post = |it: &Post| format!("{}, {}", words::role(it.role), it.cluster_name);
        let agency = person.posts.last().map(|it| it.agency_name.clone());
        Self {
            name: person.name.clone(),
            href: format!("/people/{}", person.id),
            sign_in: person.sign_in.clone(),
            phone: person.phone.clone(),
            agency: agency.unwrap_or_default(),
            posts: person.held().map(post).collect(),
            factor: match (person.second_factor, person.outside) {
                (true, _) => "Codes from an app",
                (false, true) => "As the authority's sign-in asks",
                (false, false) => "None: a password alone",
            },
            unprotected: is_unprotected(person),
            left: !person.active,
        }
    }
}

impl PostShown {
    fn of(post: &Post) -> Self {
        Self {
            role: words::role(post.role),
            cluster: post.cluster_name.clone(),
            agency: post.agency_name.clone(),
            from: words::day_of(post.from),
            until: post.until.map(words::day_of).unwrap_or_default(),
        }
    }
}
