//! The `threekeys` program.

fn main() -> std::process::ExitCode {
    threekeys::cli::run()
}
