//! Accounts in their tables.

use std::collections::HashMap;

use chat_proto::{MemberId, Reason, Time};
use rusqlite::{Connection, params};

use super::{
    load::{each, nick, number},
    row::signed,
};
use crate::core::{Account, Device, DeviceName, Loaded, PasswordHash, TokenHash};

pub(super) fn write(db: &Connection, id: MemberId, account: &Account) -> rusqlite::Result<()> {
    let Account { nick, password, version, is_admin, created, .. } = account;
    db.prepare_cached("INSERT OR REPLACE INTO accounts VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(
        params![
            signed(id.0),
            nick.nick.as_str(),
            password.0.as_str(),
            version,
            is_admin,
            created.0
        ],
    )?;
    Ok(())
}

pub(super) fn load(db: &Connection, loaded: &mut Loaded) -> rusqlite::Result<()> {
    let mut devices = load_devices(db)?;
    each(db, "SELECT id, nick, password, version, admin, created FROM accounts", |row| {
        let account = Account {
            nick: nick(row, 1)?,
            password: PasswordHash(row.get::<_, String>(2)?.into()),
            version: row.get(3)?,
            is_admin: row.get(4)?,
            created: Time(row.get(5)?),
            devices: devices.remove(&row.get::<_, i64>(0)?).unwrap_or_default(),
        };
        loaded.accounts.push((number(row, 0).map(MemberId)?, account));
        Ok(())
    })
}

pub(super) fn write_device(db: &Connection, id: MemberId, device: &Device) -> rusqlite::Result<()> {
    let Device { number, token, name, created, used } = device;
    db.prepare_cached("INSERT OR REPLACE INTO devices VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![signed(id.0), number, token.0, name.0.as_str(), created.0, used.0])?;
    Ok(())
}

pub(super) fn delete_device(db: &Connection, id: MemberId, number: u32) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM devices WHERE account = ?1 AND number = ?2")?
        .execute(params![signed(id.0), number])?;
    Ok(())
}

/// By their accounts.
fn load_devices(db: &Connection) -> rusqlite::Result<HashMap<i64, Vec<Device>>> {
    let mut devices = HashMap::<_, Vec<_>>::new();
    let sql =
        "SELECT account, number, token, name, created, used FROM devices ORDER BY account, number";
    each(db, sql, |row| {
        let device = Device {
            number: row.get(1)?,
            token: TokenHash(row.get(2)?),
            name: DeviceName(Reason::clean(&row.get::<_, String>(3)?).unwrap_or_default()),
            created: Time(row.get(4)?),
            used: Time(row.get(5)?),
        };
        devices.entry(row.get(0)?).or_default().push(device);
        Ok(())
    })?;
    Ok(devices)
}
