//! Accounts in their tables.

use chat_proto::{MemberId, Time};
use rusqlite::{Connection, params};

use super::{
    load::{each, nick, number},
    row::signed,
};
use crate::core::{Account, Loaded, PasswordHash};

pub(super) fn write(db: &Connection, id: MemberId, account: &Account) -> rusqlite::Result<()> {
    let Account { nick, password, version, is_admin, created } = account;
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
    each(db, "SELECT id, nick, password, version, admin, created FROM accounts", |row| {
        let account = Account {
            nick: nick(row, 1)?,
            password: PasswordHash(row.get::<_, String>(2)?.into()),
            version: row.get(3)?,
            is_admin: row.get(4)?,
            created: Time(row.get(5)?),
        };
        loaded.accounts.push((number(row, 0).map(MemberId)?, account));
        Ok(())
    })
}
