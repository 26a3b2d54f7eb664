import torch, torch.nn as nn, torch.nn.functional as F, torchvision, json, struct, sys, os
torch.set_num_threads(1)
from torchvision.models.resnet import Bottleneck
c3=lambda i,o,s=1:nn.Conv2d(i,o,3,s,1,bias=False)
c1=lambda i,o,s=1:nn.Conv2d(i,o,1,s,bias=False)
class PadSC(nn.Module):
    def __init__(s,i,o,st): super().__init__(); s.i,s.o,s.st=i,o,st
    def forward(s,x):
        x=x[:,:,::s.st,::s.st]; return torch.cat([x,x.new_zeros(x.shape[0],s.o-s.i,*x.shape[2:])],1)
class CB(nn.Module):
    def __init__(s,i,o,st,opt):
        super().__init__(); s.conv1=c3(i,o,st); s.bn1=nn.BatchNorm2d(o); s.conv2=c3(o,o); s.bn2=nn.BatchNorm2d(o); s.opt=opt
        s.downsample=None
        if i!=o and opt=='A': s.downsample=PadSC(i,o,st)
        if i!=o and opt=='B': s.downsample=nn.Sequential(c1(i,o,st),nn.BatchNorm2d(o))
    def forward(s,x):
        y=s.bn2(s.conv2(F.relu(s.bn1(s.conv1(x)))))
        if s.opt: y=y+(x if s.downsample is None else s.downsample(x))
        return F.relu(y)
class CifarNet(nn.Module):
    def __init__(s,depth,opt):
        super().__init__(); n=(depth-2)//6
        s.conv1=c3(3,16); s.bn1=nn.BatchNorm2d(16)
        i=16
        for k,o in enumerate((16,32,64),1):
            bl=[]
            for b in range(n): bl.append(CB(i,o,2 if b==0 and k>1 else 1,opt)); i=o
            setattr(s,f'layer{k}',nn.Sequential(*bl))
        s.fc=nn.Linear(64,10)
    def forward(s,x):
        x=F.relu(s.bn1(s.conv1(x))); x=s.layer3(s.layer2(s.layer1(x))); return s.fc(x.mean((2,3)))
class PB(nn.Module):
    def __init__(s,i,p,st,first,bott,padded):
        super().__init__(); o=p*(4 if bott else 1); s.first=first; s.bott=bott
        if not first: s.bn1=nn.BatchNorm2d(i)
        s.conv1=c1(i,p) if bott else c3(i,p,st)
        s.bn2=nn.BatchNorm2d(p); s.conv2=c3(p,p,st if bott else 1)
        if bott: s.bn3=nn.BatchNorm2d(p); s.conv3=c1(p,o)
        s.downsample=None
        if i!=o or st!=1: s.downsample=PadSC(i,o,st) if padded else c1(i,o,st)
    def forward(s,x):
        a=x if s.first else F.relu(s.bn1(x))
        y=s.conv2(F.relu(s.bn2(s.conv1(a))))
        if s.bott: y=s.conv3(F.relu(s.bn3(y)))
        return y+(x if s.downsample is None else s.downsample(a))
class PreAct(nn.Module):
    def __init__(s,cifar,bott,blocks,padded=False):
        super().__init__(); w=16 if cifar else 64; s.cifar=cifar; s.n=len(blocks)
        s.conv1=c3(3,16) if cifar else nn.Conv2d(3,64,7,2,3,bias=False); s.bn1=nn.BatchNorm2d(w); i=w
        for k,n in enumerate(blocks):
            bl=[]
            for b in range(n): bl.append(PB(i,w<<k,2 if k and b==0 else 1,k==0 and b==0,bott,padded)); i=(w<<k)*(4 if bott else 1)
            setattr(s,f'layer{k+1}',nn.Sequential(*bl))
        s.bn2=nn.BatchNorm2d(i); s.fc=nn.Linear(i,10 if cifar else 1000)
    def forward(s,x):
        x=F.relu(s.bn1(s.conv1(x)))
        if not s.cifar: x=F.max_pool2d(x,3,2,1)
        for k in range(s.n): x=getattr(s,f'layer{k+1}')(x)
        return s.fc(F.relu(s.bn2(x)).mean((2,3)))
class WB(nn.Module):
    def __init__(s,i,o,st):
        super().__init__(); s.bn1=nn.BatchNorm2d(i); s.conv1=c3(i,o,st); s.bn2=nn.BatchNorm2d(o); s.conv2=c3(o,o); s.downsample=c1(i,o,st) if i!=o else None
    def forward(s,x):
        a=F.relu(s.bn1(x)); y=s.conv2(F.relu(s.bn2(s.conv1(a)))); return y+(s.downsample(a) if s.downsample is not None else x)
class WRN(nn.Module):
    def __init__(s,d,k):
        super().__init__(); n=(d-4)//6; s.conv1=c3(3,16); i=16
        for j,o in enumerate((16*k,32*k,64*k),1):
            bl=[]
            for b in range(n): bl.append(WB(i,o,2 if b==0 and j>1 else 1)); i=o
            setattr(s,f'layer{j}',nn.Sequential(*bl))
        s.bn1=nn.BatchNorm2d(i); s.fc=nn.Linear(i,10)
    def forward(s,x): return s.fc(F.relu(s.bn1(s.layer3(s.layer2(s.layer1(s.conv1(x)))))).mean((2,3)))
class SE(nn.Module):
    def __init__(s,c): super().__init__(); s.fc1=nn.Conv2d(c,c//16,1); s.fc2=nn.Conv2d(c//16,c,1)
    def forward(s,x): return x*torch.sigmoid(s.fc2(F.relu(s.fc1(x.mean((2,3),keepdim=True)))))
class SB(nn.Module):
    def __init__(s,i,p,st,bott):
        super().__init__(); o=p*(4 if bott else 1); s.bott=bott
        s.conv1=c1(i,p,st) if bott else c3(i,p,st); s.bn1=nn.BatchNorm2d(p); s.conv2=c3(p,p); s.bn2=nn.BatchNorm2d(p)
        if bott: s.conv3=c1(p,o); s.bn3=nn.BatchNorm2d(o)
        s.se=SE(o); s.downsample=nn.Sequential(c1(i,o,st),nn.BatchNorm2d(o)) if st!=1 or i!=o else None
    def forward(s,x):
        y=s.bn2(s.conv2(F.relu(s.bn1(s.conv1(x)))))
        if s.bott: y=s.bn3(s.conv3(F.relu(y)))
        return F.relu(s.se(y)+(x if s.downsample is None else s.downsample(x)))
class SENet(nn.Module):
    def __init__(s,bott,blocks):
        super().__init__(); s.conv1=nn.Conv2d(3,64,7,2,3,bias=False); s.bn1=nn.BatchNorm2d(64); i=64
        for k,n in enumerate(blocks):
            bl=[]
            for b in range(n): bl.append(SB(i,64<<k,2 if k and b==0 else 1,bott)); i=(64<<k)*(4 if bott else 1)
            setattr(s,f'layer{k+1}',nn.Sequential(*bl))
        s.fc=nn.Linear(i,1000)
    def forward(s,x):
        x=F.max_pool2d(F.relu(s.bn1(s.conv1(x))),3,2,1)
        return s.fc(s.layer4(s.layer3(s.layer2(s.layer1(x)))).mean((2,3)))
def v1(name):
    m=getattr(torchvision.models,name[:-3])()
    for b in m.modules():
        if isinstance(b,Bottleneck): b.conv1.stride,b.conv2.stride=b.conv2.stride,b.conv1.stride
    return m
TV='resnet18 resnet34 resnet50 resnet101 resnet152 wide_resnet50_2 wide_resnet101_2 resnext50_32x4d resnext101_32x8d'.split()
MODELS={n:(lambda n=n:getattr(torchvision.models,n)()) for n in TV}
for n in ('resnet50_v1','resnet101_v1','resnet152_v1'): MODELS[n]=lambda n=n:v1(n)
for d in (20,32,44,56,110):
    MODELS[f'plain{d}']=lambda d=d:CifarNet(d,None); MODELS[f'resnet{d}']=lambda d=d:CifarNet(d,'A'); MODELS[f'resnet{d}_b']=lambda d=d:CifarNet(d,'B')
MODELS['preact_resnet110']=lambda:PreAct(True,False,[18]*3,True)
MODELS['preact_resnet164']=lambda:PreAct(True,True,[18]*3)
MODELS['preact_resnet18']=lambda:PreAct(False,False,[2,2,2,2])
MODELS['preact_resnet50']=lambda:PreAct(False,True,[3,4,6,3])
MODELS['preact_resnet101']=lambda:PreAct(False,True,[3,4,23,3])
MODELS['wrn_40_4']=lambda:WRN(40,4); MODELS['wrn_16_8']=lambda:WRN(16,8); MODELS['wrn_28_10']=lambda:WRN(28,10)
MODELS['se_resnet18']=lambda:SENet(False,[2,2,2,2])
MODELS['se_resnet50']=lambda:SENet(True,[3,4,6,3]); MODELS['se_resnet101']=lambda:SENet(True,[3,4,23,3]); MODELS['se_resnet152']=lambda:SENet(True,[3,8,36,3])
def size(n): return 32 if n[:5] in('plain','wrn_4','wrn_1','wrn_2') or n in('preact_resnet110','preact_resnet164') or n.split('_')[0] in ('resnet20','resnet32','resnet44','resnet56','resnet110') else 224
def macs(m,s):
    t=[0]
    def h(mod,i,o):
        if isinstance(mod,nn.Conv2d): t[0]+=o[0].numel()*mod.in_channels//mod.groups*mod.kernel_size[0]*mod.kernel_size[1]
        else: t[0]+=o[0].numel()*mod.in_features
    for x in m.modules():
        if isinstance(x,(nn.Conv2d,nn.Linear)): x.register_forward_hook(h)
    m.eval()
    with torch.no_grad(): m(torch.zeros(1,3,s,s))
    return t[0]
if __name__=='__main__':
    os.makedirs('manifests',exist_ok=True)
    for n,b in MODELS.items():
        m=b(); p=sum(x.numel() for x in m.parameters())
        with open(f'manifests/{n}.txt','w') as f:
            for k,v in m.state_dict().items(): f.write(f'{k} [{",".join(map(str,v.shape))}]\n')
        print(n,p,macs(m,size(n)),flush=True)
