-- Neovim 0.8 or newer: put this file into ~/.config/nvim/plugin/, and `switchback-lsp` into the
-- search path.
vim.filetype.add({ extension = { swb = "switchback" } })

vim.api.nvim_create_autocmd("FileType", {
  pattern = "switchback",
  callback = function(event)
    vim.bo[event.buf].commentstring = "# %s"
    vim.bo[event.buf].shiftwidth = 2
    vim.bo[event.buf].expandtab = true
    local file = vim.api.nvim_buf_get_name(event.buf)
    local marks = vim.fs.find({ "switchback.toml", ".git" }, { upward = true, path = vim.fs.dirname(file) })
    vim.lsp.start({
      name = "switchback",
      cmd = { "switchback-lsp" },
      root_dir = marks[1] and vim.fs.dirname(marks[1]) or vim.fs.dirname(file),
    })
  end,
})
