//! The folder of all who use this phone: a database each, which nobody else's key opens.

mod keys;

pub(crate) use keys::{Remains, note};

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sync_core::device::enrol::{Credentials, Fresh as FreshPhone, enrol};
use sync_core::device::https::Https;
use sync_core::device::part::{self, Parted};
use sync_core::device::{Address, Device};
use sync_core::ids::UserId;
use sync_core::store::sqlite::vault::{Contact, Vault, VaultError};
use sync_core::store::sqlite::{Key, SqliteStore};

use crate::error::PhoneError;
use crate::input::parse;
use crate::phone::{Phone, random};
use crate::platform::{Clock, KeyStore, LogSink, SystemClock};
use crate::records::{Enrolment, SignIn};
use keys::Keys;

/// The name of a user's database in their folder.
const DATABASE: &str = "phone.db";
/// The folder of somebody who is enrolling.
const ENROLLING: &str = "enrolling";

/// Where an app keeps the data of those who use the phone. Keep one; safe to call from any thread.
///
/// Leave the folder out of the platform's backups: a phone put back from one goes on, but a copy is one
/// more place where children's records lie.
#[derive(uniffi::Object)]
pub struct PhoneHome {
    folder: PathBuf,
    keys: Keys,
    clock: Arc<dyn Clock>,
    log: Option<Arc<dyn LogSink>>,
    /// One change of the folder at a time.
    changing: Mutex<()>,
}

#[uniffi::export]
impl PhoneHome {
    /// The home in `folder`, which is made if it is not there. `key_store` is the platform's: without one,
    /// everybody needs a PIN. `clock` is for tests; the system's if none is given. `log` is told what
    /// happens, without a name or a word of any record.
    ///
    /// # Errors
    /// [`PhoneError::Storage`]
    #[uniffi::constructor(default(clock = None, log = None))]
    pub fn new(
        folder: String,
        key_store: Option<Arc<dyn KeyStore>>,
        clock: Option<Arc<dyn Clock>>,
        log: Option<Arc<dyn LogSink>>,
    ) -> Result<Arc<Self>, PhoneError> {
        let folder = PathBuf::from(folder);
        fs::create_dir_all(&folder).map_err(|error| PhoneError::of_io(&error))?;
        let clock = clock.unwrap_or_else(|| Arc::new(SystemClock));
        let keys = Keys::new(key_store);
        Ok(Arc::new(Self { folder, keys, clock, log, changing: Mutex::new(()) }))
    }

    /// Who uses this phone, by id.
    ///
    /// # Errors
    /// [`PhoneError::Storage`]
    pub fn users(&self) -> Result<Vec<String>, PhoneError> {
        let mut users = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(|error| PhoneError::of_io(&error))? {
            let name = entry.map_err(|error| PhoneError::of_io(&error))?.file_name();
            let user = name.to_str().and_then(|name| name.parse::<UserId>().ok());
            users.extend(user.filter(|user| Vault::exists(&self.database(user))));
        }
        users.sort_unstable();
        Ok(users.iter().map(ToString::to_string).collect())
    }

    /// Whether a PIN is needed to open somebody's data.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn asks_for_pin(&self, user_id: String) -> Result<bool, PhoneError> {
        Ok(Vault::asks_for_pin(&self.database(&parse(&user_id, "person")?))?)
    }

    /// Makes this phone somebody's with a one-time code; blocks until the server has answered. Safe to
    /// repeat if the answer is lost. `pin` is asked at every opening; where the platform has a key store
    /// it may be left out.
    ///
    /// # Errors
    /// [`PhoneError`]; [`PhoneError::AlreadyHere`] if they use this phone already: open it and sign in
    /// again. [`PhoneError::BadInput`] if what was typed cannot be a server's address; a name that no machine
    /// has cannot be told from want of signal and is [`PhoneError::Offline`].
    #[uniffi::method(default(pin = None))]
    pub fn enrol(
        &self,
        enrolment: Enrolment,
        pin: Option<String>,
    ) -> Result<Arc<Phone>, PhoneError> {
        let _alone = self.changing.lock();
        let lock = self.keys.lock(pin.as_deref())?;
        // Before the one-time code is used up.
        lock.refuse_weak()?;
        let folder = self.folder.join(ENROLLING);
        fs::create_dir_all(&folder).map_err(|error| PhoneError::of_io(&error))?;
        let database = folder.join(DATABASE);
        // The key outlives a lost answer, so that the same phone asks again; where nothing keeps it, another
        // phone asks, with another code.
        let key = self.keys.while_enrolling()?;
        if SqliteStore::open(&database, &Key::new(*key)).is_err() {
            SqliteStore::erase(&database)?;
        }
        let user = enrol_at(&database, &Key::new(*key), &enrolment)?;
        let home = self.folder.join(user.to_string());
        if home.exists() {
            SqliteStore::erase(&database)?;
            self.keys.enrolled()?;
            return Err(PhoneError::AlreadyHere { user_id: user.to_string() });
        }
        let contact = Contact { server: enrolment.server, authority: enrolment.authority };
        Vault::erase_keys(&database)?;
        Vault::create(&database, &lock, &Key::new(*key), (&user, &contact), &keys::fresh()?)?;
        fs::rename(&folder, &home).map_err(|error| PhoneError::of_io(&error))?;
        part::sync_folder(&self.folder).map_err(|error| PhoneError::of_io(&error))?;
        self.keys.enrolled()?;
        self.say("somebody enrolled");
        self.open_locked(&user, pin.as_deref())
    }

    /// Opens somebody's data.
    ///
    /// # Errors
    /// [`PhoneError::WrongPin`] with the tries that are left, [`PhoneError::Locked`] after ten;
    /// [`PhoneError::Erased`] for a phone whose handing back was cut short and is now finished; others.
    /// Nothing is overwritten.
    #[uniffi::method(default(pin = None))]
    pub fn open(&self, user_id: String, pin: Option<String>) -> Result<Arc<Phone>, PhoneError> {
        let _alone = self.changing.lock();
        let user: UserId = parse(&user_id, "person")?;
        if let Some(parted) = self.resume(&user)? {
            return Err(PhoneError::Erased { reason: parted.to_string() });
        }
        self.open_locked(&user, pin.as_deref())
    }

    /// Changes the PIN, or sets or takes one away where the platform has a key store. The data is not
    /// touched.
    ///
    /// # Errors
    /// [`PhoneError`]; the old one then still opens it.
    #[uniffi::method(default(old = None, new = None))]
    pub fn change_pin(
        &self,
        user_id: String,
        old: Option<String>,
        new: Option<String>,
    ) -> Result<(), PhoneError> {
        let _alone = self.changing.lock();
        let database = self.database(&parse(&user_id, "person")?);
        let (old, new) = (self.keys.lock(old.as_deref())?, self.keys.lock(new.as_deref())?);
        Ok(Vault::change_lock(&database, &old, &new, &keys::fresh()?)?)
    }

    /// Writes somebody's data anew under another key, since somebody may have the old one. The phone must
    /// be closed. Takes as much room again as the data, for as long as it lasts.
    ///
    /// # Errors
    /// [`PhoneError`]; killed at any moment, the next opening finishes it or takes it back.
    #[uniffi::method(default(pin = None))]
    pub fn renew_key(&self, user_id: String, pin: Option<String>) -> Result<(), PhoneError> {
        let _alone = self.changing.lock();
        let database = self.database(&parse(&user_id, "person")?);
        let lock = self.keys.lock(pin.as_deref())?;
        Ok(Vault::rekey(&database, &lock, &Key::new(keys::bytes()?), &keys::fresh()?)?)
    }

    /// After ten wrong PINs: lets the PIN be tried again, once the server has taken the user's password.
    /// Blocks until it has answered.
    ///
    /// # Errors
    /// [`PhoneError::Offline`], [`PhoneError::WrongSignIn`]; it then stays locked.
    pub fn unlock(&self, user_id: String, sign_in: SignIn) -> Result<(), PhoneError> {
        let _alone = self.changing.lock();
        let user: UserId = parse(&user_id, "person")?;
        let database = self.database(&user);
        let Contact { server, authority } = Vault::contact(&database)?;
        let https = Https::new(&server, authority.as_deref(), None)?;
        let known = https.who_signs_in(&sign_in.credentials())?;
        if known != user || !Vault::belongs_to(&database, &known)? {
            return Err(PhoneError::WrongSignIn);
        }
        Ok(Vault::unlock_after_contact(&database)?)
    }
}

impl PhoneHome {
    fn database(&self, user: &UserId) -> PathBuf {
        self.folder.join(user.to_string()).join(DATABASE)
    }

    fn open_locked(&self, user: &UserId, pin: Option<&str>) -> Result<Arc<Phone>, PhoneError> {
        let database = self.database(user);
        if !Vault::exists(&database) {
            return Err(VaultError::Missing.into());
        }
        let store = Vault::open_store(&database, &self.keys.lock(pin)?)?;
        self.say("a phone was opened");
        Phone::over(Device::open(store)?, database, self.clock.clone(), self.log.clone())
    }

    /// Goes on with an erasure that was cut short.
    fn resume(&self, user: &UserId) -> Result<Option<Parted>, PhoneError> {
        let database = self.database(user);
        let mut remains = keys::Remains::of(&database);
        let note = keys::note(&database);
        Ok(part::resume(&note, &mut remains, &mut part::tell_by_https)?)
    }

    fn say(&self, what: &str) {
        if let Some(log) = &self.log {
            log.log(what.to_owned());
        }
    }
}

fn enrol_at(database: &Path, key: &Key, asked: &Enrolment) -> Result<UserId, PhoneError> {
    let to = Address {
        server: asked.server.clone(),
        authority: asked.authority.clone(),
        certificate: None,
    };
    let mut store = SqliteStore::open(database, key)?;
    let mut https = Https::to(&to)?;
    let who = Credentials {
        code: asked.code.clone(),
        sign_in: asked.sign_in.name.clone(),
        password: asked.sign_in.password.clone(),
        app_code: asked.sign_in.app_code.clone(),
        device_name: asked.device_name.clone(),
    };
    let fresh = FreshPhone { key: keys::bytes()?, actor: random()? };
    Ok(enrol(&mut store, &mut https, &to, &who, fresh)?.user)
}
