// Confirms a mobile number in a program with an event loop: no call blocks it. A code a line on standard input. The
// client comes from the environment, as in login.cpp.

#include <ants_otp.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

// The loop: runs on its own thread what others post to it. Any real one (asio, Qt, epoll) takes its place.
class Loop {
  public:
    void post(std::function<void()> work) {
        const std::lock_guard<std::mutex> lock(mutex_);
        work_.push_back(std::move(work));
        changed_.notify_one();
    }
    void run() {
        while (!stopped_) {
            std::unique_lock<std::mutex> lock(mutex_);
            changed_.wait(lock, [this] { return !work_.empty(); });
            const auto work = std::move(work_.front());
            work_.pop_front();
            lock.unlock();
            work();
        }
    }
    void stop() { stopped_ = true; }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> work_;
    bool stopped_ = false;
};

int main(int argc, char **argv) try {
    if (argc != 2)
        return 2;
    Loop loop;
    bool verified = false;
    auto otp = std::make_shared<ants::otp::Sent>();
    std::function<void()> ask;
    const auto client =
        ants::otp::Client::from_env(); // after what its functions use: it goes, and waits for them, first

    // The verdict comes on a thread of the client, which posts it to the loop.
    const auto on_verdict = [&](ants::otp::Verification verification, ants::otp::Failure failure) {
        loop.post([&, verification, failure = std::move(failure)] {
            verified = static_cast<bool>(verification);
            std::cout << (failure    ? failure.message
                          : verified ? "verified"
                                     : user_text(verification.code()))
                      << std::endl;
            verified ? loop.stop() : ask();
        });
    };
    ask = [&] {
        std::string line;
        if (std::getline(std::cin, line))
            client.verify_async(*otp, line, {}, on_verdict);
        else
            loop.stop();
    };
    client.request_async(argv[1], {}, [&](ants::otp::Sent sent, ants::otp::Failure failure) {
        loop.post([&, sent = std::make_shared<ants::otp::Sent>(std::move(sent)), failure = std::move(failure)] {
            if (failure) {
                std::cerr << failure.message << '\n';
                return loop.stop();
            }
            otp = sent;
            std::cout << "SMS sent to " << argv[1] << ", reference " << otp->reference_code() << std::endl;
            ask();
        });
    });
    loop.run();
    return verified ? 0 : 1;
} catch (const ants::otp::Error &error) {
    std::cerr << error.what() << '\n';
    return 2;
}
