//! Figures: exact ones of one's own cluster, agency or caseload; for a chief officer what was
//! published.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Serialize;
use sync_core::ids::ClusterId;
use sync_core::policy::{ClusterAction, Summaries, decide_in_cluster};
use utoipa::ToSchema;

use super::Session;
use crate::app::AppState;
use crate::db::{self, Conn};
use crate::error::{ApiError, ErrorBody};
use crate::service::audit::{Act, Seen};
use crate::service::editions::{self, Edition, Table};
use crate::service::reading::Reader;
use crate::service::reading::summary::{self, Figures};

/// The figures that this person may read.
#[derive(Serialize, ToSchema)]
pub struct SummaryAnswer {
    /// Exact figures, a cluster each.
    clusters: Vec<FiguresShown>,
    /// Published editions, newest first; for chief officers.
    editions: Vec<EditionShown>,
}

/// Exact figures.
#[derive(Serialize, ToSchema)]
pub struct FiguresShown {
    cluster: String,
    /// What they are about: cluster, agency or caseload.
    #[schema(value_type = String)]
    scope: &'static str,
    open_cases: usize,
    by_stage: Vec<StageShown>,
    /// Without a lead professional in force.
    unallocated: usize,
    /// People disagree about the stage.
    stage_disputed: usize,
    /// Something waits to be settled.
    to_settle: usize,
    /// Open concerns in which harm is suspected, but for those in protection.
    harm_concerns: usize,
}

/// Open cases at a stage.
#[derive(Serialize, ToSchema)]
pub struct StageShown {
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<String>,
    /// The stage's code; empty where none is in force.
    stage: String,
    /// What a screen shows.
    label: String,
    cases: usize,
}

/// A published edition.
#[derive(Serialize, ToSchema)]
pub struct EditionShown {
    authority: String,
    period: String,
    closed_at: i64,
    /// The last day of the period before: this one begins after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// Its last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// By which rule small counts are hidden.
    rule: String,
    tables: Vec<TableShown>,
}

/// A published table.
#[derive(Serialize, ToSchema)]
pub struct TableShown {
    /// The measure's name.
    id: String,
    title: String,
    /// What is counted.
    definition: String,
    columns: Vec<String>,
    rows: Vec<RowShown>,
    /// Why something is not shown.
    reasons: Vec<String>,
}

/// A line of a published table.
#[derive(Serialize, ToSchema)]
pub struct RowShown {
    /// The cluster, or that it is all of them.
    label: String,
    /// A cell a column: a count, a percentage, or that it is hidden.
    cells: Vec<String>,
}

/// The figures that this person may read.
#[utoipa::path(
    tag = "summaries",
    security(("access_token" = [])),
    responses(
        (status = 200, body = SummaryAnswer, description = "Figures"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 403, body = ErrorBody, description = "not_your_role"),
    )
)]
#[get("/summary")]
pub(crate) async fn show(
    state: Data<AppState>,
    session: Session,
) -> Result<Json<SummaryAnswer>, ApiError> {
    let work = |conn: &mut Conn, reader: &Reader| {
        let figures = summary::of_reader(conn, reader)?;
        let editions = published(conn, reader)?;
        let any = !figures.is_empty() || editions.is_some();
        let shown = any.then(|| (figures, editions.unwrap_or_default()));
        Ok(Seen::list_if_any(shown, Act::Figures, |(figures, editions)| {
            figures.len() + editions.len()
        }))
    };
    let (figures, editions) = session.show(&state, work).await?.ok_or(ApiError::not_your_role())?;
    Ok(Json(SummaryAnswer {
        clusters: figures.into_iter().map(FiguresShown::from).collect(),
        editions: editions.into_iter().map(EditionShown::from).collect(),
    }))
}

/// What was published, for whoever reads it anywhere.
fn published(conn: &mut Conn, reader: &Reader) -> Result<Option<Vec<Edition>>, db::Error> {
    let chief = |cluster: &ClusterId| {
        let published = ClusterAction::ReadSummaries(Summaries::PublishedEditions);
        decide_in_cluster(&reader.principal, *cluster, &published).is_ok()
    };
    let clusters: Vec<_> = reader.clusters().into_iter().filter(chief).collect();
    (!clusters.is_empty()).then(|| editions::of_clusters(conn, &clusters)).transpose()
}

impl From<Figures> for FiguresShown {
    fn from(figures: Figures) -> Self {
        let by_stage = figures.stages.into_iter().map(|it| StageShown {
            framework: it.framework,
            stage: it.stage,
            label: it.label,
            cases: it.cases,
        });
        Self {
            cluster: figures.cluster.to_string(),
            scope: figures.scope.name(),
            open_cases: figures.open_cases,
            by_stage: by_stage.collect(),
            unallocated: figures.unallocated,
            stage_disputed: figures.stage_disputed,
            to_settle: figures.to_settle,
            harm_concerns: figures.harm_concerns,
        }
    }
}

impl From<Edition> for EditionShown {
    fn from(edition: Edition) -> Self {
        Self {
            authority: edition.authority,
            period: edition.period,
            closed_at: edition.closed_at.0,
            after: edition.after.map(|day| day.to_string()),
            to: edition.to.map(|day| day.to_string()),
            rule: edition.rule,
            tables: edition.tables.into_iter().map(TableShown::from).collect(),
        }
    }
}

impl From<Table> for TableShown {
    fn from(table: Table) -> Self {
        let row = |row: editions::Row| RowShown {
            label: row.label,
            cells: row.cells.into_iter().map(editions::Shown::words).collect(),
        };
        Self {
            id: table.id,
            title: table.title,
            definition: table.definition,
            columns: table.columns,
            rows: table.rows.into_iter().map(row).collect(),
            reasons: table.reasons,
        }
    }
}
