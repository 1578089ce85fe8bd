#include <catch2/catch.hpp>

#include "model/plan.hpp"
#include "model/secret.hpp"

using namespace plimsoll;
using namespace std::chrono_literals;

TEST_CASE("every action is written with its name, its subject and its cause") {
  NetworkSpec network;
  network.name = "dev_edge";
  VolumeSpec volume;
  volume.name = "dev-db_data";
  const ContainerRef api{"id", "dev-backend-api-1"};
  NetworkAttachment attachment;
  attachment.network = "dev_edge";
  attachment.aliases = {"api", "backend"};
  CreateContainer retry{.name = "dev-backend-api-1.next", .attempt = 2, .service_alias = false};
  const auto service = std::make_shared<DesiredService>();
  const auto told = std::make_shared<DesiredService>();
  told->reload = Reload{"SIGHUP", {}, ""};
  const auto commanded = std::make_shared<DesiredService>();
  commanded->reload = Reload{"", {"nginx", "-s", "reload"}, ""};
  const std::vector<std::pair<Action, std::string>> rows{
      {EnsureImage{"api", "acme/api:1", "", ""}, "EnsureImage acme/api:1"},
      {EnsureNetwork{network}, "EnsureNetwork dev_edge"},
      {EnsureVolume{volume}, "EnsureVolume dev-db_data"},
      {CreateContainer{.name = "dev-backend-api-1", .service = service}, "CreateContainer dev-backend-api-1"},
      {retry, "CreateContainer dev-backend-api-1.next without alias attempt 2"},
      {StartContainer{api}, "StartContainer dev-backend-api-1"},
      {CheckGate{api}, "CheckGate dev-backend-api-1"},
      {StopContainer{api, {}}, "StopContainer dev-backend-api-1"},
      {UnpauseContainer{api}, "UnpauseContainer dev-backend-api-1"},
      {RenameContainer{api, "dev-backend-api-1.prev"}, "RenameContainer dev-backend-api-1 to dev-backend-api-1.prev"},
      {RemoveContainer{api}, "RemoveContainer dev-backend-api-1"},
      {UpdateContainer{api, RestartPolicy{"no", 0}, Resources{}},
       "UpdateContainer dev-backend-api-1 restart=no resources"},
      {ConnectNetwork{api, attachment}, "ConnectNetwork dev-backend-api-1 to dev_edge as [api,backend]"},
      {DisconnectNetwork{api, "dev_edge"}, "DisconnectNetwork dev-backend-api-1 from dev_edge"},
      {RemoveNetwork{"id", "dev_edge"}, "RemoveNetwork dev_edge"},
      {RemoveFiles{"plimsoll-files-1"}, "RemoveFiles plimsoll-files-1"},
      {ReloadFiles{api, told, {"/etc/a", "/etc/b"}, {}, {}},
       "ReloadFiles dev-backend-api-1 with /etc/a,/etc/b by SIGHUP"},
      {ReloadFiles{api, commanded, {"/etc/a"}, {}, {}}, "ReloadFiles dev-backend-api-1 with /etc/a by nginx -s reload"},
  };
  for (const auto& [action, text] : rows) {
    CHECK(to_string(Step{"", action, ""}) == text);
    CHECK(to_string(Step{"api", action, "image changed"}) == "api: " + text + " (image changed)");
    CHECK(text.substr(0, action_name(action).size()) == action_name(action));
  }
}

TEST_CASE("a step never shows a secret") {
  const Step step{"api", EnsureImage{"api", "acme/api:" + secret_token("TAG", "ab"), "", ""},
                  secret_token("TAG", "ab")};
  CHECK(to_string(step) == "api: EnsureImage acme/api:*** (***)");
}
