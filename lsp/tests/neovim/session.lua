-- One session of a person at a plan: open, break, complete, rename, format, fix, quit. Neovim 0.7 has
-- `start_client` and `buf_attach_client` only. What goes wrong ends it with a message and code 1.
local function main()
  local folder = os.getenv("SWITCHBACK_FOLDER")
  local file = folder .. "/checkout.swb"
  vim.cmd("edit " .. vim.fn.fnameescape(file))
  local buffer = vim.api.nvim_get_current_buf()
  vim.bo[buffer].filetype = "switchback"
  local client = vim.lsp.start_client({
    name = "switchback",
    cmd = { os.getenv("SWITCHBACK_LSP") },
    root_dir = folder,
    capabilities = vim.lsp.protocol.make_client_capabilities(),
  })
  assert(client, "the server starts")
  assert(vim.lsp.buf_attach_client(buffer, client), "it serves the buffer")
  local function wait(what, holds)
    assert(vim.wait(60000, holds, 20), what)
  end
  wait("the server answers", function() return vim.lsp.buf_get_clients(buffer)[client] ~= nil end)
  local function lines() return vim.api.nvim_buf_get_lines(buffer, 0, -1, false) end
  local function text() return table.concat(lines(), "\n") .. "\n" end
  local function find(pattern)
    for number, line in ipairs(lines()) do
      local column = line:find(pattern)
      if column then return number - 1, column - 1 end
    end
    error("no " .. pattern .. " in\n" .. text())
  end
  local function set(number, line) vim.api.nvim_buf_set_lines(buffer, number, number + 1, false, { line }) end
  local function ask(method, params)
    local answers = assert(vim.lsp.buf_request_sync(buffer, method, params, 60000), method)
    local answer = assert(answers[client], method)
    assert(not answer.err, vim.inspect(answer.err))
    return answer.result
  end
  local function at(line, column)
    return { textDocument = { uri = vim.uri_from_bufnr(buffer) }, position = { line = line, character = column } }
  end
  local function codes()
    local all = {}
    for _, one in ipairs(vim.diagnostic.get(buffer)) do all[one.code or one.message] = one end
    return all
  end
  local before = text()

  -- break
  local weight = find("weight 1%%")
  set(weight, "    weihgt 1%")
  wait("a misspelt word is found", function() return codes()["unknown-statement"] end)

  -- fix: the answer that is taken without looking
  local finding = codes()["unknown-statement"]
  local range = {
    start = { line = finding.lnum, character = finding.col },
    ["end"] = { line = finding.end_lnum, character = finding.end_col },
  }
  local params = at(0, 0)
  params.position, params.range = nil, range
  params.context = { diagnostics = {} }
  local fixed
  for _, action in ipairs(ask("textDocument/codeAction", params)) do
    if action.isPreferred then
      vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
      fixed = action.title
    end
  end
  assert(fixed, "there is a fix")
  assert(text() == before, "the fix brings back what stood there: " .. text())
  wait("nothing is found any more", function() return next(codes()) == nil end)

  -- complete: a statement that is being written
  set(weight, "    wei")
  local items = ask("textDocument/completion", at(weight, 7))
  local offered = {}
  for _, item in ipairs(items.items or items) do offered[item.label] = item end
  assert(offered["weight"], "`weight` is offered")
  assert(offered["weight"].documentation, "with what it means")
  set(weight, "    weight 1%")
  assert(text() == before)

  -- hover
  local said = ask("textDocument/hover", at(weight, 6)).contents.value
  assert(said:find("weight"), said)

  -- rename, in all files
  local line, column = find("version 42 {")
  local edit = ask("textDocument/rename", vim.tbl_extend("force", at(line, column + 9), { newName = "43" }))
  vim.lsp.util.apply_workspace_edit(edit, "utf-16")
  assert(text():find("roll checkout from 41 to 43", 1, true), text())
  assert(not text():find("version 42 {", 1, true), text())
  local back = ask("textDocument/rename", vim.tbl_extend("force", at(line, column + 9), { newName = "42" }))
  vim.lsp.util.apply_workspace_edit(back, "utf-16")
  assert(text() == before, text())

  -- format
  set(weight, "  weight    1%")
  local edits = ask("textDocument/formatting", { textDocument = { uri = vim.uri_from_bufnr(buffer) }, options = { tabSize = 2, insertSpaces = true } })
  vim.lsp.util.apply_text_edits(edits, buffer, "utf-16")
  assert(text() == before, text())
  wait("nothing is found at the end", function() return next(codes()) == nil end)

  -- quit
  vim.lsp.stop_client(client)
  wait("the server ends", function() return vim.lsp.get_client_by_id(client) == nil end)
end

local ok, why = xpcall(main, debug.traceback)
if ok then
  io.stdout:write("all of it worked\n")
  vim.cmd("qall!")
else
  io.stdout:write(tostring(why) .. "\n")
  vim.cmd("cquit 1")
end
