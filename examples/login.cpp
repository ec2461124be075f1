// Confirms a mobile number: sends an OTP, then takes a code a line; an empty line sends the OTP again. The client comes
// from the environment: ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD, ANTS_OTP_OTC_ID.

#include <ants_otp.hpp>
#include <iostream>
#include <string>

int main(int argc, char **argv) try {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " MOBILE\n";
        return 2;
    }
    const std::string mobile = argv[1];
    const auto client = ants::otp::Client::from_env();

    auto otp = client.request(mobile);
    std::cout << "SMS sent to " << mobile << ", reference " << otp.reference_code() << std::endl;

    bool verified = false;
    for (std::string line; std::getline(std::cin, line);) {
        if (line.empty()) {
            otp = client.resend(otp); // its otp id may be another
            std::cout << "SMS sent again, reference " << otp.reference_code() << std::endl;
        } else if (const auto verification = client.verify(otp, line)) {
            verified = true;
            std::cout << "verified" << std::endl;
        } else {
            std::cout << user_text(verification.code()) << std::endl;
        }
    }
    return verified ? 0 : 1;
} catch (const ants::otp::Error &error) {
    // What stands in the way, and whether calling again is safe.
    const bool unsent = error.delivery() == ants::otp::Delivery::not_sent;
    std::cerr << error.what() << '\n'
              << (unsent ? "Nothing was sent." : "The service may have acted: look before you try again.") << '\n';
    return 2;
}
