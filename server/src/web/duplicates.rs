//! Children who may be one child with two cases, for whoever leads the cluster.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;

use super::error::PageError;
use super::names::Names;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{today, words};
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::service::audit::{Act, Note, Seen};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;
use crate::service::reading::duplicates::{self, Child, Pair, Reason, Said};

#[derive(Template)]
#[template(path = "duplicates.html")]
struct DuplicatesPage {
    frame: Frame,
    found: String,
    pairs: Vec<PairShown>,
}

/// Two children for a template.
struct PairShown {
    title: String,
    reasons: Vec<String>,
    children: [ChildShown; 2],
    /// Whether one of the two sides has said that they are one.
    half_said: bool,
}

/// A child for a template.
struct ChildShown {
    name: String,
    href: String,
    school: String,
    born: String,
    lead: String,
    phone: Option<String>,
    closed: bool,
}

/// The pairs, each with its reasons.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    let pairs = visitor.show(&state, read).await?.ok_or(PageError::not_open())?;
    page::well(&DuplicatesPage {
        frame: Frame::of(&visitor, "Possible duplicates", "/caseload"),
        found: words::count(pairs.len(), "possible duplicate", "possible duplicates"),
        pairs,
    })
}

fn read(conn: &mut Conn, reader: &Reader) -> Result<Seen<Option<Vec<PairShown>>>, db::Error> {
    let note = Note::of(Act::Caseload).with("possible duplicates");
    let Some(pairs) = duplicates::of_reader(conn, reader)? else {
        return Ok(Seen::new(None, note.refused("not_your_role")));
    };
    let people = Colleagues::of(conn, reader, reader.clusters())?;
    let names = Names::of(&people, &[]);
    let shown: Vec<_> = pairs.iter().map(|it| PairShown::of(&names, it)).collect();
    Ok(Seen::new(Some(shown), note.counting(pairs.len())))
}

impl PairShown {
    fn of(names: &Names<'_>, pair: &Pair) -> Self {
        let children = [&pair.one, &pair.other].map(|it| ChildShown::of(names, it));
        Self {
            title: format!("{} and {}", children[0].name, children[1].name),
            reasons: pair.reasons.iter().map(in_words).collect(),
            children,
            half_said: pair.said == Said::OneSide,
        }
    }
}

fn in_words(reason: &Reason) -> String {
    match reason {
        Reason::SameNumber(scheme) => format!("Both have the same number: {scheme}."),
        Reason::SameNames(day) => {
            format!("Both were born on {}, and their names are the same.", words::day(*day))
        }
        Reason::NearNames(day) => {
            format!("Both were born on {}, and their names are nearly the same.", words::day(*day))
        }
    }
}

impl ChildShown {
    fn of(names: &Names<'_>, child: &Child) -> Self {
        let born: Vec<_> = child.born.iter().map(|day| words::day(*day)).collect();
        Self {
            name: today::named(child.name.clone()),
            href: format!("/cases/{}", child.case),
            school: child.school.clone(),
            born: born.join(" / "),
            lead: child.lead.map_or_else(|| "Nobody".into(), |user| names.person(&user)),
            phone: child.lead.and_then(|user| names.phone(&user)),
            closed: !child.open,
        }
    }
}
