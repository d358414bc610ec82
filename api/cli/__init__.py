"""The command line: thin commands over api.tools (a client of the HTTP interface) and over the server's own upkeep."""

from __future__ import annotations

import click

from api.cli.lazy import LazyGroup

_COMMANDS = {
    "serve": ("api.cli.serve:serve", "启动服务器 · run the server"),
    "demo": ("api.cli.demo:demo", "演示一个完整项目 · play a whole tender"),
    "admin": ("api.cli.upkeep:admin", "首位管理员的一次性链接 · the first administrator's one-time link"),
    "org": ("api.cli.parties:org", "登记单位 · organisations"),
    "person": ("api.cli.parties:person", "登记人员 · people"),
    "token": ("api.cli.parties:token", "访问令牌 · tokens"),
    "key": ("api.cli.keys:key", "密钥库与签名密钥 · the vault and its signing keys"),
    "tender": ("api.cli.tender:tender", "招标：拟稿至公告、澄清 · tenders up to their deadline"),
    "prior": ("api.cli.prior:prior", "发布前公示与意见 · notices before the publication, and comments"),
    "bid": ("api.cli.bid:bid", "投标：密封、递交、撤回、回执 · seal, submit, withdraw, receipts"),
    "auction": ("api.cli.auction:auction", "竞价：申请、报价、暂停 · auctions: applications, bids, stops"),
    "trustee": ("api.cli.trustee:trustee", "密钥受托人 · opening keys and their release"),
    "open": ("api.cli.evaluation:open_documents", "开标后解密投标文件 · the documents of opened bids"),
    "draw": ("api.cli.draw:draw", "随机抽取评标专家 · the draw of experts"),
    "expert": ("api.cli.evaluation:expert", "专家评分 · score sheets"),
    "evaluate": ("api.cli.evaluation:evaluate", "评标 · evaluate"),
    "award": ("api.cli.evaluation:award", "公示与定标 · candidates and award"),
    "contract": ("api.cli.contract:contract", "合同与履约 · the contract and its performance"),
    "deposit": ("api.cli.deposit:deposit", "保证金：到账与退还 · deposits and their refunds"),
    "paper": ("api.cli.paper:paper", "公文：列出、签署 · papers"),
    "dossier": ("api.cli.record:dossier", "下载公示卷宗 · fetch the public file of a tender"),
    "verify": ("api.cli.record:verify", "离线核验卷宗或回执 · verify offline"),
    "log": ("api.cli.record:log", "公开日志 · the public log"),
    "witness": ("api.cli.witness:witness", "运行见证人 · run a witness"),
    "fsck": ("api.cli.upkeep:fsck", "检查数据与日志是否一致 · check what is stored"),
    "upload": ("api.cli.upkeep:upload", "清理未用的上传 · uploads nobody used"),
    "migrate": ("api.cli.upkeep:migrate", "升级数据库 · bring the database up to date"),
    "doctor": ("api.cli.upkeep:doctor", "检查运行环境 · check the machine"),
}

_EPILOG = """\b
环境变量 · environment:
  SUNBID_URL  SUNBID_TOKEN_FILE  SUNBID_VAULT  SUNBID_PASSPHRASE_FILE  SUNBID_ANCHORS  NO_COLOR
\b
退出码 · exit codes:
  0 完成 done   1 被拒绝 refused   2 用法不对 wrong usage   3 暂时不行，稍后再试 not now: try again later"""


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="sunbid", message="%(prog)s %(version)s")
def main() -> None:
    """阳光标：公共资源电子交易 · Sunbid: electronic trading of public resources, provable to a stranger.

    \b
    sunbid demo --once                                  从公告到核验 · from publication to verification
    sunbid bid seal TENDER --form form.json FILE...     密封投标文件 · seal a bid
    sunbid verify dossier.zip --anchors anchors.json    核验 · verify a dossier
    """
