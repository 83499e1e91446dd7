//! Ranks without MPI: threads that send each other what they have.

use oreo_training::ranks::{Ranks, SumAll};
use std::ops::AddAssign;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::time::Duration;

/// A rank that waits this long waits for ever.
const PATIENCE: Duration = Duration::from_secs(30);

enum Message {
    Numbers(Vec<f64>),
    Text(String),
}

/// One of several threads.
pub struct Thread {
    rank: usize,
    to: Vec<Sender<Message>>,
    from: Vec<Receiver<Message>>,
}

impl Thread {
    /// `count` of them that know each other.
    fn all(count: usize) -> Vec<Self> {
        let mut threads: Vec<_> = (0..count)
            .map(|rank| Self {
                rank,
                to: Vec::new(),
                from: Vec::new(),
            })
            .collect();
        for from in 0..count {
            for to in 0..count {
                let (sender, receiver) = channel();
                threads[from].to.push(sender);
                threads[to].from.push(receiver);
            }
        }
        threads
    }

    /// From all ranks, this one included. Messages of a thread arrive in order, so an operation that only some have entered
    /// shows as a message of another kind or size, or as silence.
    fn exchange(&self, message: impl Fn() -> Message) -> Vec<Message> {
        for to in &self.to {
            to.send(message()).expect("no rank has left");
        }
        let from = self.from.iter();
        from.map(|from| from.recv_timeout(PATIENCE).expect("no rank is missing"))
            .collect()
    }

    fn numbers(&self, own: &[f64]) -> Vec<Vec<f64>> {
        let all = self.exchange(|| Message::Numbers(own.to_vec())).into_iter();
        all.map(|one| match one {
            Message::Numbers(numbers) => numbers,
            Message::Text(text) => panic!("numbers were expected, not '{text}'"),
        })
        .collect()
    }
}

impl Ranks for Thread {
    fn count(&self) -> usize {
        self.to.len()
    }

    fn rank(&self) -> usize {
        self.rank
    }

    fn gather_all(&self, own: &[f64], counts: &[usize], all: &mut [f64]) {
        assert_eq!(own.len(), counts[self.rank]);
        let found = self.numbers(own);
        assert!(found.iter().map(Vec::len).eq(counts.iter().copied()));
        all.copy_from_slice(&found.concat());
    }

    fn gather_texts(&self, own: &str) -> Vec<String> {
        let all = self.exchange(|| Message::Text(own.to_string())).into_iter();
        all.map(|one| match one {
            Message::Text(text) => text,
            Message::Numbers(numbers) => panic!("a text was expected, not {numbers:?}"),
        })
        .collect()
    }
}

macro_rules! sums_of {
    ($kind:ty) => {
        impl SumAll<$kind> for Thread {
            fn sum_all(&self, values: &mut [$kind]) {
                let own: Vec<f64> = values.iter().map(|&x| f64::from(x)).collect();
                values.fill(0.0);
                for other in self.numbers(&own) {
                    let pairs = values.iter_mut().zip(other);
                    pairs.for_each(|(sum, x)| sum.add_assign(x as $kind));
                }
            }
        }
    };
}
sums_of!(f32);
sums_of!(f64);

/// What the program gives on each of `count` ranks, each a thread of its own.
pub fn on<A: Send>(count: usize, program: impl Fn(Thread) -> A + Sync) -> Vec<A> {
    std::thread::scope(|scope| {
        let program = &program;
        let started: Vec<_> = Thread::all(count)
            .into_iter()
            .map(|thread| scope.spawn(move || program(thread)))
            .collect();
        let ended = started.into_iter();
        ended
            .map(|thread| thread.join().expect("no rank panics"))
            .collect()
    })
}
