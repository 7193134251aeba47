//! What was opened on a phone is told with the next exchange.

use sync_core::time::Timestamp;

use super::{Area, rows};
use crate::support::{START, servers};

#[actix_web::test]
async fn what_a_phone_opened_offline_is_written_down_once_with_its_own_time() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        let case = area.case;
        let morning = START.plus_ms(-3_600_000);
        for at in [morning, START] {
            area.member.phone().open_case(case, at).unwrap();
        }
        let record = sync_core::record::kind::Compartment::Team.case_record(&case);
        area.member.phone().open_record(&record, START).unwrap();
        assert_eq!(area.member.phone().untold().unwrap(), 2, "one a case and day");
        area.member.sync(&server).await;
        assert_eq!(area.member.phone().untold().unwrap(), 0);
        area.member.sync(&server).await;
        let told = rows(&server);
        let told: Vec<_> = told.iter().filter(|row| row.act == "read_offline").collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|row| row.user == Some(area.member.user) && row.device.is_some()));
        assert_eq!((told[0].case, told[0].record), (Some(case), None));
        assert_eq!((told[0].claimed_at, told[0].at), (Some(morning), START));
        assert_eq!((told[1].record, told[1].claimed_at), (Some(record), Some(START)));
        area.member.phone().open_case(case, START.plus_ms(Timestamp::DAY_MS)).unwrap();
        assert_eq!(area.member.phone().untold().unwrap(), 1, "another day");
    }
}

/// The answer to an exchange was lost: the phone tells again, and nothing is written down twice.
#[actix_web::test]
async fn what_is_told_twice_is_written_down_once() {
    for server in servers() {
        let mut area = Area::new(&server).await;
        area.member.phone().open_case(area.case, START).unwrap();
        area.member.exchange_cut(&server).await;
        assert_eq!(area.member.phone().untold().unwrap(), 1);
        area.member.sync(&server).await;
        assert_eq!(area.member.phone().untold().unwrap(), 0);
        let told = rows(&server).into_iter().filter(|row| row.act == "read_offline").count();
        assert_eq!(told, 1);
    }
}
