//! Two worlds that differ only in what a reader may not see. Everything that the reader gets is the
//! same to the byte: answers, pages, exchanges with their sizes and numbers, whether a wait wakes.

#[path = "worlds/cast.rs"]
mod cast;
#[path = "worlds/sight.rs"]
mod sight;

use crate::support::twins;
use cast::{Cast, HIDDEN, READERS, VISIBLE};

/// Generated worlds on each database.
const SEEDS: [u64; 2] = [2026, 11];

/// A small generator: what is done in which order, and who looks when, follows from the seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }

    fn shuffled<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        let mut rest = of.to_vec();
        (0..of.len()).map(|_| rest.swap_remove(self.below(rest.len()))).collect()
    }
}

/// What is done next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// In both worlds.
    Visible(usize),
    /// In one of them.
    Hidden(usize),
}

fn program(dice: &mut Dice) -> Vec<Step> {
    let visible = (0..VISIBLE.len()).map(Step::Visible);
    let hidden = (0..HIDDEN.len()).filter(|n| HIDDEN[*n].noticed_by.len() <= 4).map(Step::Hidden);
    let mut steps = dice.shuffled(&visible.chain(hidden).collect::<Vec<_>>());
    // What most people notice comes last.
    steps.extend((0..HIDDEN.len()).filter(|n| HIDDEN[*n].noticed_by.len() > 4).map(Step::Hidden));
    steps
}

#[actix_web::test]
async fn a_reader_gets_the_same_bytes_in_a_world_without_what_they_may_not_see() {
    for seed in SEEDS {
        for [without, with] in twins(seed) {
            let mut dice = Dice(seed);
            let mut bare = Cast::new(&without).await;
            let mut full = Cast::new(&with).await;
            let (mut noticed, mut done) = (String::new(), Vec::new());
            for step in program(&mut dice) {
                match step {
                    Step::Visible(n) => {
                        bare.show(&without, n).await;
                        full.show(&with, n).await;
                    }
                    Step::Hidden(n) => {
                        full.hide(&with, n).await;
                        noticed.push_str(HIDDEN[n].noticed_by);
                    }
                }
                done.push(format!("{step:?}"));
                for _ in 0..2 {
                    let reader = READERS[dice.below(READERS.len())];
                    compare(reader, &noticed, (&without, &mut bare), (&with, &mut full), &done)
                        .await;
                }
            }
            for reader in READERS {
                compare(reader, &noticed, (&without, &mut bare), (&with, &mut full), &done).await;
                let new =
                    [bare.first_sync(&without, reader).await, full.first_sync(&with, reader).await];
                let sees = noticed.contains(reader);
                assert!(sees || new[0] == new[1], "{reader}'s new phone: {new:#?}\nafter {done:?}");
            }
        }
    }
}

type World<'a> = (&'a crate::support::TestServer, &'a mut Cast);

async fn compare(
    reader: char,
    noticed: &str,
    (without, bare): World<'_>,
    (with, full): World<'_>,
    done: &[String],
) {
    let one = bare.look(without, reader).await;
    let other = full.look(with, reader).await;
    if noticed.contains(reader) {
        return;
    }
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other, "{reader} after {done:?}");
    }
    assert_eq!(one.len(), other.len());
}
