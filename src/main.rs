//! The program `oreo`.

fn main() -> std::process::ExitCode {
    oreo::cli::main()
}
