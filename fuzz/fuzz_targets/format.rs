#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| switchback_fuzz::format(data));
