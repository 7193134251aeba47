//! Whose phone it is, and what only it has.

/// The user of a phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Myself {
    /// The user.
    pub user_id: String,
    /// Their name.
    pub name: String,
    /// Whom they work for, by id.
    pub agency_id: String,
    /// Its name; none before the first exchange.
    pub agency: Option<String>,
    /// The phone, by the server's name for it.
    pub device_id: String,
    /// The server's address.
    pub server: String,
    /// Where they work.
    pub clusters: Vec<OwnCluster>,
    /// Until when this phone may be read without contact, by its own clock. Past once reading is locked.
    pub reads_until_ms: i64,
    /// Whether there is a session: without one, nothing is sent, and writing goes on.
    pub signed_in: bool,
}

/// A cluster that the user works in.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OwnCluster {
    /// The cluster.
    pub cluster_id: String,
    /// Its name.
    pub name: String,
    /// What the user does in it, by name.
    pub roles: Vec<String>,
}

/// What only this phone has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct OnlyHere {
    /// Changes.
    pub changes: u64,
    /// Records that they belong to.
    pub records: u64,
    /// Attachments whose bytes the server has not got, or not all of them.
    pub attachments: u64,
    /// How many bytes these have.
    pub attachment_bytes: u64,
}
