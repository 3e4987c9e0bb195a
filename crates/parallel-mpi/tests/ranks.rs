//! Runs under `mpirun`, on any number of ranks: each case of `gradus-parallel`'s trainings gives the bits of one rank.
#![allow(missing_docs)]

#[path = "../../parallel/tests/trainings/mod.rs"]
mod trainings;

use std::process::ExitCode;

use gradus_autograd::Param;
use gradus_parallel::{Alone, Communicator, DataParallel, Error, ParallelOptions, Values};
use trainings::{CASES, Far, STEPS, train};

fn main() -> ExitCode {
    // `cargo test` runs it as the only rank; `tests/mpirun.rs` under mpirun.
    gradus_parallel_mpi::run(|comm| {
        let (rank, size) = (comm.rank(), comm.size());
        // The fates that `tests/mpirun.rs` looks at.
        match std::env::var("FATE").as_deref() {
            Ok("panic") if rank == size - 1 => panic!("this rank has had enough"),
            Ok("error") if rank == size - 1 => {
                return Err(Error::Transport("this rank has failed".to_string()));
            }
            Ok("model") => {
                return DataParallel::new(comm, &mut vec![Param::new(1.0); 1 + rank]).map(drop);
            }
            Ok("data") => {
                let options = ParallelOptions { parts: size - 1, ..ParallelOptions::default() };
                return DataParallel::with_options(comm, &mut Param::new(1.0), options).map(drop);
            }
            _ => comm.barrier()?,
        }
        let mut own = [rank as f64, 1.0];
        comm.all_reduce_sum(Values::F64(&mut own))?;
        assert_eq!(own, [(size * (size - 1) / 2) as f64, size as f64]);
        // Nothing, little, as much as goes in one message, more, and much.
        for length in [0, 1, 248, 249, 100_000] {
            let own = |rank: usize| vec![rank as u8; length * rank];
            let all = comm.all_gather(&own(rank))?;
            assert!(all.iter().enumerate().all(|(rank, bytes)| *bytes == own(rank)), "{length}");
        }
        let mut word = if rank == size - 1 { vec![7, 8, 9] } else { Vec::new() };
        comm.broadcast(&mut word, size - 1)?;
        assert_eq!(word, [7, 8, 9]);
        for case in CASES {
            let (here, far) = (train(comm.clone(), case, STEPS)?, train(Far(comm.clone()), case, STEPS)?);
            if rank == 0 {
                let alone = train(Alone, case, STEPS)?;
                assert!(here == alone && far == alone, "{case:?} on {size} ranks");
            }
        }
        if rank == 0 {
            println!("test result: ok. {} passed; 0 failed; 0 ignored, on {size} ranks", CASES.len());
        }
        Ok(())
    })
}
