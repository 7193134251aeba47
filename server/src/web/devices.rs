//! Phones: one's own, and for whoever leads or looks after a cluster those of everybody in it; and the
//! form that marks one as handed back, lost or stolen.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use serde::Deserialize;
use sync_core::ids::DeviceId;

use super::error::PageError;
use super::forms::{self, Sent};
use super::page::{self, Frame};
use super::session::Visitor;
use super::words;
use crate::app::AppState;
use crate::db::devices::DeviceState;
use crate::db::{self, Conn};
use crate::error::ApiError;
use crate::service::audit::{Act, Note, Seen};
use crate::service::devices::{self, MarkError, Shown};
use crate::service::reading::Reader;

/// Phones on one page.
const PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    frame: Frame,
    asked: Asked,
    states: Vec<(&'static str, &'static str, bool)>,
    found: String,
    phones: Vec<PhoneShown>,
    previous: Option<String>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage {
    frame: Frame,
    form_code: String,
    phone: PhoneShown,
    marks: Vec<String>,
    /// What it can be marked as: the code, what it is called, what happens.
    wishes: Vec<(&'static str, &'static str, &'static str)>,
    /// Whether it was marked just now.
    done: bool,
    /// What is wrong with the form.
    wrong: String,
}

/// A phone for a template.
struct PhoneShown {
    href: String,
    name: String,
    owner: String,
    sort: &'static str,
    state: &'static str,
    marked: bool,
    seen: String,
    /// What became of the order to erase it.
    erased: String,
}

/// What is asked for. A browser sends empty fields too.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    owner: String,
    #[serde(default)]
    state: String,
    page: Option<usize>,
}

/// A mark.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MarkForm {
    form_code: String,
    /// None is sent where none was chosen.
    #[serde(default)]
    state: String,
}

const STATES: [(DeviceState, &str); 3] = [
    (DeviceState::Active, "In use"),
    (DeviceState::Retired, "Handed back"),
    (DeviceState::Stolen, "Lost or stolen"),
];

fn state_in_words(state: DeviceState) -> &'static str {
    STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, words)| words)
}

/// The phones that the visitor may mark.
pub(super) async fn show(
    state: Data<AppState>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked: Asked = forms::query(request.query_string())?;
    let mut all = list(&state, &visitor).await?;
    let wanted = asked.owner.trim().to_lowercase();
    all.retain(|it| {
        it.owner.to_lowercase().contains(&wanted)
            && (asked.state.is_empty() || it.device.state.as_str() == asked.state)
    });
    all.sort_by(|a, b| (&a.owner, a.device.id).cmp(&(&b.owner, b.device.id)));
    let number = asked.page.unwrap_or(1).max(1);
    let before = number.saturating_sub(1).saturating_mul(PER_PAGE);
    let phones: Vec<_> = all.iter().skip(before).take(PER_PAGE).map(PhoneShown::of).collect();
    let last = before + phones.len();
    let states = STATES.map(|(it, words)| (it.as_str(), words, asked.state == it.as_str()));
    page::well(&DevicesPage {
        frame: Frame::of(&visitor, "Phones", "/devices"),
        states: states.to_vec(),
        found: words::count(all.len(), "phone or browser", "phones and browsers"),
        phones,
        previous: (number > 1).then(|| asked.address(number - 1)),
        next: (last < all.len()).then(|| asked.address(number + 1)),
        asked,
    })
}

impl Asked {
    fn address(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let fields = [("owner", &self.owner), ("state", &self.state)];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.append_pair("page", &page.to_string());
        format!("/devices?{}", query.finish())
    }
}

async fn list(state: &AppState, visitor: &Visitor) -> Result<Vec<Shown>, PageError> {
    let work = |conn: &mut Conn, reader: &Reader| {
        let shown = devices::list(conn, &reader.principal, reader.now)?;
        let lines = shown.len();
        Ok(Seen::list(shown, Act::Devices, lines))
    };
    visitor.show(state, work).await
}

/// One phone, and what it can be marked as.
pub(super) async fn show_one(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let id: DeviceId = path.parse().map_err(|_| PageError::not_open())?;
    let done = request.query_string() == "done";
    filled(&state, &visitor, id, (StatusCode::OK, done, String::new())).await
}

async fn filled(
    state: &AppState,
    visitor: &Visitor,
    id: DeviceId,
    (status, done, wrong): (StatusCode, bool, String),
) -> Result<HttpResponse, PageError> {
    let work = move |conn: &mut Conn, reader: &Reader| {
        let all = devices::list(conn, &reader.principal, reader.now)?;
        let found = all.into_iter().find(|it| it.device.id == id);
        let note = Note::of(Act::Devices).about(*id.as_bytes());
        let note = if found.is_some() { note.counting(1) } else { note.refused("not_found") };
        Ok(Seen::new(found, note))
    };
    let shown = visitor.show(state, work).await?.ok_or(PageError::not_open())?;
    let title = if wrong.is_empty() { "Phone" } else { "Error: Phone" };
    let phone = PhoneShown::of(&shown);
    let mark =
        |it: &db::leaving::Mark| format!("{}: {}", words::moment(it.at), state_in_words(it.state));
    page::filled(
        status,
        &DevicePage {
            frame: Frame::of(
                visitor,
                format!("{title}: {}, {}", phone.name, phone.owner),
                "/devices",
            ),
            form_code: visitor.form_code(),
            marks: shown.marks.iter().map(mark).collect(),
            wishes: wishes(&shown),
            phone,
            done,
            wrong,
        },
    )
}

/// What a phone can be marked as, with what happens then.
fn wishes(shown: &Shown) -> Vec<(&'static str, &'static str, &'static str)> {
    let (state, is_desk) = (shown.device.state, shown.device.desk_of.is_some());
    let erased = shown.order.is_some_and(|order| order.erased_at.is_some());
    let all = if is_desk {
        [
            ("active", "In use", ""),
            ("retired", "Handed back", "That browser is signed out."),
            ("stolen", "Lost or stolen", "Every browser of its user is signed out."),
        ]
    } else {
        [
            (
                "active",
                "In use after all",
                "It may do again what its user may. Not once it was erased, and of a stolen phone not by \
                 its own user.",
            ),
            (
                "retired",
                "Handed back",
                "At its next contact it hands over what only it has, and then erases everything.",
            ),
            (
                "stolen",
                "Lost or stolen",
                "It is erased at its next contact. What it sends is taken by nobody, and every browser of \
                 its user is signed out.",
            ),
        ]
    };
    let other = |(code, ..): &(&str, &str, &str)| *code != state.as_str();
    // A desk that is over is not begun again from here.
    let open = |(code, ..): &(&str, &str, &str)| !(is_desk && *code == "active");
    let over = erased || (is_desk && state != DeviceState::Active);
    all.into_iter().filter(|it| other(it) && open(it) && !over).collect()
}

/// Marks a phone, and shows it.
pub(super) async fn mark(
    state: Data<AppState>,
    visitor: Visitor,
    path: Path<String>,
    sent: Sent<MarkForm>,
) -> Result<HttpResponse, PageError> {
    let MarkForm { form_code, state: wish } = forms::read(sent)?;
    forms::check(Some(&visitor.token), &form_code)?;
    let id: DeviceId = path.parse().map_err(|_| PageError::not_open())?;
    let wanted = STATES.iter().find(|(known, _)| known.as_str() == wish).map(|(known, _)| *known);
    let Some(wanted) = wanted else {
        let again =
            (StatusCode::UNPROCESSABLE_ENTITY, false, "Choose what became of it".to_owned());
        return filled(&state, &visitor, id, again).await;
    };
    let (by, now) = (visitor.person.principal(), state.clock.now());
    let mut pen = state.pen(visitor.asking().who())?;
    let work = move |conn: &mut Conn| {
        let marked = devices::mark(conn, &by, &id, wanted, now)?;
        let note = Note::of(Act::ChangeDevice).about(*id.as_bytes()).with(wanted.as_str());
        let note = if marked.is_ok() { note } else { note.refused("refused") };
        pen.write(conn, &note)?;
        Ok(marked)
    };
    match state.db.write::<_, db::Error, _>(work).await? {
        Ok(_) => {
            let to = format!("/devices/{id}?done");
            Ok(HttpResponse::SeeOther().insert_header(("Location", to)).finish())
        }
        Err(MarkError::NotOpen) => Err(PageError::not_open()),
        Err(error) => {
            let status = ApiError::from(error).status_code();
            let again = (status, false, words::plain(&error.to_string()));
            filled(&state, &visitor, id, again).await
        }
    }
}

impl PhoneShown {
    fn of(shown: &Shown) -> Self {
        let device = &shown.device;
        let erased = shown.order.map(|order| match order.erased_at {
            Some(at) => format!("Erased, as it said on {}", words::moment(at)),
            None => format!(
                "Told to erase on {}; it has not said that it did",
                words::moment(order.ordered_at)
            ),
        });
        Self {
            href: format!("/devices/{}", device.id),
            name: if device.name.is_empty() {
                "Without a name".into()
            } else {
                device.name.clone()
            },
            owner: shown.owner.clone(),
            sort: if device.desk_of.is_some() { "Browser" } else { "Phone" },
            state: state_in_words(device.state),
            marked: device.state != DeviceState::Active,
            seen: words::moment(device.last_seen_at),
            erased: erased.unwrap_or_default(),
        }
    }
}
