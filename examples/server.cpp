// A server with a thread a connection and one client for all of them. It listens on loopback, prints its port, and
// takes lines: "request MOBILE" is answered "sent OTP_ID REFERENCE", "verify OTP_ID CODE" with "verified" or why not.
// The client comes from the environment, as in login.cpp. It ends when its standard input does.

#include <ants_otp.hpp>
#include <arpa/inet.h>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace otp = ants::otp;

static std::string answer(const otp::Client &client, const std::string &line) {
    std::istringstream words(line);
    std::string verb, first, second;
    words >> verb >> first >> second;
    otp::Failure failure;
    std::string reply;
    if (verb == "request") {
        if (const auto sent = client.request(first, failure))
            reply.append("sent ").append(sent.otp_id()).append(" ").append(sent.reference_code());
    } else if (const auto verification = client.verify(first, second, failure)) {
        reply = "verified";
    } else if (!failure) {
        reply.append("no: ").append(user_text(verification.code()));
    }
    if (!failure)
        return reply + "\n";
    // For the person a sentence in his language; the message, with its details, is for the log.
    std::cerr << failure.code.message() + " " + failure.message + "\n";
    return "no: " + failure.code.message() + "\n";
}

static void serve(const otp::Client &client, int connection) {
    std::string line;
    for (char c; read(connection, &c, 1) == 1;) {
        if (c != '\n') {
            line += c;
            continue;
        }
        const std::string reply = answer(client, line);
        line.clear();
        if (send(connection, reply.data(), reply.size(), MSG_NOSIGNAL) < 0)
            break;
    }
    close(connection);
}

int main() try {
    const auto client = otp::Client::from_env();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0 || listen(listener, 64) != 0)
        return 2;
    getsockname(listener, reinterpret_cast<sockaddr *>(&address), &length);
    std::cout << ntohs(address.sin_port) << std::endl;
    std::thread([&client, listener] {
        for (;;) {
            const int connection = accept(listener, nullptr, nullptr);
            if (connection >= 0)
                std::thread(serve, std::cref(client), connection).detach();
        }
    }).detach();
    while (std::cin.get() != std::istream::traits_type::eof())
        continue;
    std::_Exit(0); // threads may still be calling: the client is not freed under them
} catch (const otp::Error &error) {
    std::cerr << error.what() << '\n';
    return 2;
}
