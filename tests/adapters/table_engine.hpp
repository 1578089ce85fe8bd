#pragma once

#include <map>
#include <string>
#include <vector>

#include "adapters/docker/docker_engine.hpp"
#include "adapters/http_test_server.hpp"

namespace plimsoll::test {

/// An engine that answers from a table: `METHOD /path?query` without version, by the longest row that it begins with.
class TableEngine {
 public:
  std::map<std::string, std::string> replies{
      {"HEAD /_ping", "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n\r\n"}};

  TableEngine() : server_([this](const std::string& request) { return answer(request); }) {}

  static std::string reply(int status, const std::string& body) {
    return HttpTestServer::ok(body, std::to_string(status) + " X");
  }
  static std::string says(int status, const std::string& message) {
    return reply(status, "{\"message\":\"" + message + "\"}");
  }
  adapters::DockerEngine engine(adapters::RegistryCredentials credentials = {}, std::string installation = "acme") {
    return adapters::DockerEngine({endpoint(), std::move(installation), std::move(credentials)});
  }
  [[nodiscard]] adapters::EngineEndpoint endpoint() const {
    return *adapters::parse_engine_endpoint("unix://" + server_.path());
  }
  /// The same engine as if it were reached in the clear at `address`; `listed` under `plain_engines`.
  adapters::DockerEngine plain_engine(const std::string& address, std::set<std::string> listed,
                                      adapters::RegistryCredentials credentials) {
    auto far = endpoint();
    far.plain_address = adapters::parse_engine_endpoint("tcp://" + address)->plain_address;
    far.http.description = "engine at tcp://" + address;
    return adapters::DockerEngine({std::move(far), "acme", std::move(credentials), std::move(listed)});
  }
  /// First lines of the requests, without version and protocol, pings left out.
  std::vector<std::string> asked() {
    std::vector<std::string> lines;
    for (const auto& request : server_.requests())
      if (const auto line = first_line(request); line.find("_ping") == std::string::npos) lines.push_back(line);
    return lines;
  }
  std::string last_request() { return server_.requests().back(); }
  std::vector<std::string> requests() { return server_.requests(); }

 private:
  static std::string first_line(const std::string& request) {
    std::string line = request.substr(0, request.find(" HTTP/"));
    if (const auto version = line.find("/v1."); version != std::string::npos)
      line.erase(version, line.find('/', version + 1) - version);
    return line;
  }
  std::string answer(const std::string& request) {
    const std::string line = first_line(request);
    std::string best, bytes = says(404, "no row for " + line);
    for (const auto& [row, text] : replies)
      if (line.starts_with(row) && row.size() >= best.size()) {
        best = row;
        bytes = text;
      }
    return bytes;
  }
  HttpTestServer server_;
};

}  // namespace plimsoll::test
