//! What messages between two ranks take on this machine, in microseconds: `mpirun -n 2 messages`. The model of
//! `examples/51_scaling.rs` has its latency and its bytes a second from here.

use std::hint::black_box;
use std::time::Instant;

use gradus_parallel::{Communicator, Error};
use gradus_tensor::{DType, Tensor};

/// The median time in microseconds.
fn median(mut f: impl FnMut() -> Result<(), Error>) -> Result<f64, Error> {
    let mut times = Vec::new();
    for i in 0..220 {
        let begin = Instant::now();
        f()?;
        if i >= 20 {
            times.push(begin.elapsed().as_secs_f64() * 1e6);
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn main() -> std::process::ExitCode {
    gradus_parallel_mpi::run(|comm| {
        let first = comm.rank() == 0;
        let partner = comm.rank() ^ 1;
        if comm.size() != 2 {
            return Err(Error::Transport("two ranks, please: mpirun -n 2".to_string()));
        }
        let gather = median(|| comm.all_gather(&[0; 8]).map(drop))?;
        if first {
            println!("{:>10} bytes from each to all  {gather:9.1} us", 8);
        }
        for bytes in [8, 1 << 10, 32 << 10, 512 << 10, 1 << 20, 4 << 20, 16 << 20] {
            let (own, mut theirs) = (vec![1u8; bytes], vec![0u8; bytes]);
            let numbers = Tensor::full([bytes / 4], 1.0).to(DType::F32);
            let exchange = median(|| comm.exchange(partner, &own, &mut theirs))?;
            let copy = median(|| {
                black_box(Tensor::from_slice(black_box(numbers.as_slice::<f32>()), [bytes / 4]));
                Ok(())
            })?;
            if first {
                let rate = bytes as f64 / exchange / 1e3;
                println!(
                    "{bytes:>10} bytes exchanged         {exchange:9.1} us  {rate:6.2} GB/s each way  copied {copy:9.1} us"
                );
            }
        }
        Ok::<(), Error>(())
    })
}
