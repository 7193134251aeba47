//! Alarms of suspected harm, for duty officers.

use std::cmp::Reverse;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::RecordId;

use super::error::PageError;
use super::forms::{self, Sent};
use super::names::Names;
use super::page::{self, Frame};
use super::session::Visitor;
use super::{today, words};
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::role::Role;
use crate::service::alarms::{self, Heard};
use crate::service::audit::{Act, Pen, Seen};
use crate::service::reading::Reader;
use crate::service::reading::colleagues::Colleagues;

#[derive(Template)]
#[template(path = "alarms.html")]
struct AlarmsPage {
    frame: Frame,
    form_code: String,
    alarms: Vec<AlarmShown>,
}

/// One alarm in words.
struct AlarmShown {
    id: String,
    child: String,
    /// Where the glass can be broken; empty where the officer may not know of the case.
    href: String,
    raised: String,
    ring: String,
    phone: Option<String>,
    /// Who has it, since when; empty while nobody does.
    heard: String,
}

/// A form with nothing in it but its code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HearForm {
    form_code: String,
}

/// Whether the person is duty officer anywhere.
pub(super) fn is_duty(visitor: &Visitor) -> bool {
    visitor.person.memberships.iter().any(|post| post.role == Role::Duty)
}

/// The alarms that nobody has yet, and the last week's.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
) -> Result<HttpResponse, PageError> {
    // Of nobody else there is any; that they asked is written down all the same.
    let alarms = visitor.show(&state, listed).await?;
    if !is_duty(&visitor) {
        return Err(PageError::not_open());
    }
    page::well(&AlarmsPage {
        frame: Frame::of(&visitor, "Alarms", "/alarms"),
        form_code: visitor.form_code(),
        alarms,
    })
}

fn listed(conn: &mut Conn, reader: &Reader) -> Result<Seen<Vec<AlarmShown>>, db::Error> {
    let mut heard = alarms::list(conn, reader)?;
    // Whoever serves several clusters sees one list: what nobody has yet first, the newest on top.
    heard.sort_by_key(|it| (it.alarm.heard.is_some(), Reverse(it.alarm.raised_at)));
    let people = Colleagues::of(conn, reader, reader.clusters())?;
    let names = Names::of(&people, &[]);
    let shown: Vec<_> = heard.iter().map(|it| AlarmShown::of(&names, it)).collect();
    let lines = shown.len();
    Ok(Seen::list(shown, Act::Alarms, lines))
}

/// Takes an alarm up.
pub(super) async fn hear(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
    sent: Sent<HearForm>,
) -> Result<HttpResponse, PageError> {
    forms::check(Some(&visitor.token), &forms::read(sent)?.form_code)?;
    let id: RecordId = path.parse().map_err(|_| PageError::not_open())?;
    let work =
        move |conn: &mut Conn, reader: &Reader, pen: &mut Pen| alarms::hear(conn, reader, &id, pen);
    match state.act(visitor.asking(), work).await? {
        true => Ok(HttpResponse::SeeOther().insert_header(("Location", "/alarms")).finish()),
        false => Err(PageError::not_open()),
    }
}

impl AlarmShown {
    fn of(names: &Names<'_>, heard: &Heard) -> Self {
        let Heard { alarm, line, ring } = heard;
        let by = |(by, at)| format!("{} has it since {}", names.person(&by), words::moment(at));
        Self {
            id: alarm.record.to_string(),
            child: match line {
                Some(line) => today::named(line.name.clone()),
                None => "A child whose case is not shown to you".into(),
            },
            href: line.as_ref().map(|_| format!("/cases/{}/glass", alarm.case)).unwrap_or_default(),
            raised: words::moment(alarm.raised_at),
            ring: names.person(ring),
            phone: names.phone(ring),
            heard: alarm.heard.map(by).unwrap_or_default(),
        }
    }
}
