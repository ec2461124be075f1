//! Confirms a mobile number at the terminal: `login MOBILE`. The account stands in the environment (ANTS_OTP_USERNAME,
//! ANTS_OTP_PASSWORD, ANTS_OTP_OTC_ID). Type the code from the SMS, or an empty line to have it sent again.

use ants_otp::{Client, Delivery, Error};
use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    match login(&env::args().nth(1).unwrap_or_default()) {
        Ok(verified) => ExitCode::from(u8::from(!verified)),
        Err(error) => {
            let hint = match error.delivery() {
                Delivery::NotSent => "Nothing was sent: it is safe to try again.",
                Delivery::Answered => "The service answered.",
                Delivery::Unknown => "An SMS may have gone out: look before you try again.",
            };
            eprintln!("{error}\n{hint}");
            ExitCode::from(2)
        }
    }
}

fn login(mobile: &str) -> Result<bool, Error> {
    let client = Client::from_env()?;
    let mut otp = client.request(mobile)?;
    println!("SMS sent to {mobile}, reference {}", otp.reference_code());
    let mut verified = false;
    for typed in io::stdin().lines().map_while(Result::ok) {
        if typed.is_empty() {
            otp = client.resend(&otp)?;
            println!("SMS sent again, reference {}", otp.reference_code());
        } else {
            let verification = client.verify(&otp, &typed)?;
            verified |= verification.is_verified();
            println!("{}: {}", verification.status().name(), verification.code().user_text("en"));
        }
    }
    Ok(verified)
}
